//! From what a person typed to a model of a plugin.

use std::fmt;
use std::sync::Arc;

use super::installed::Installed;
use super::known::Known;
use crate::types::{Model, ModelId};

/// The plugins in their order: built-ins first, then as in the operator's file.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    plugins: Vec<Arc<Installed>>,
}

/// A model, and the plugin that has it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) plugin: Arc<Installed>,
    pub(crate) model: Arc<Model>,
}

/// No plugin has such a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUnknown {
    /// What was asked for, escaped and cut.
    pub asked: String,
    /// The ids that come nearest.
    pub nearest: Vec<String>,
}

impl fmt::Display for ModelUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown model `{}`", self.asked)?;
        if !self.nearest.is_empty() {
            write!(f, "; did you mean `{}`?", self.nearest.join("`, `"))?;
        }
        Ok(())
    }
}

impl std::error::Error for ModelUnknown {}

impl Registry {
    /// A registry of these plugins, built-ins first; otherwise the order stays.
    pub(crate) fn new(mut plugins: Vec<Arc<Installed>>) -> Self {
        plugins.sort_by_key(|plugin| !matches!(plugin.origin, super::Origin::Builtin(_)));
        Self { plugins }
    }

    pub(crate) fn plugins(&self) -> &[Arc<Installed>] {
        &self.plugins
    }

    /// The model of that id, bare name or alias.
    pub(crate) fn find(&self, asked: &str) -> Option<Found> {
        self.by_id(asked).or_else(|| self.bare(asked))
    }

    /// The plugins that could have a model of that id without it being known yet.
    pub(crate) fn candidates(&self, asked: &str) -> Vec<Arc<Installed>> {
        let named = asked.split_once('/').and_then(|(prefix, _)| self.plugin(prefix));
        let lists = |plugin: &&Arc<Installed>| plugin.provider.description().lists_models;
        match named {
            Some(plugin) => Some(plugin).into_iter().filter(lists).cloned().collect(),
            None => self.plugins.iter().filter(lists).cloned().collect(),
        }
    }

    /// Whether the bare name of this model is its plugin's own.
    pub(crate) fn owns_bare_name(&self, plugin: &Installed, model: &Model) -> bool {
        let name = model.name.as_str();
        // a bare name that reads like another plugin's id belongs to that id
        if self.by_id(name).is_some() {
            return false;
        }
        self.plugins
            .iter()
            .find(|earlier| earlier.known().named(name).is_some())
            .is_some_and(|owner| owner.name == plugin.name)
    }

    pub(crate) fn unknown(&self, asked: &str) -> ModelUnknown {
        let mut near: Vec<(f64, String)> = Vec::new();
        for plugin in &self.plugins {
            for model in plugin.known().models() {
                let id = ModelId { plugin: plugin.name.clone(), name: model.name.clone() }.to_string();
                let bare = id.split_once('/').map_or(id.as_str(), |(_, bare)| bare);
                let score = strsim::jaro_winkler(asked, bare).max(strsim::jaro_winkler(asked, &id));
                if score > 0.8 {
                    near.push((score, id));
                }
            }
        }
        near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let nearest = near.into_iter().take(3).map(|(_, id)| id).collect();
        ModelUnknown { asked: crate::types::printable(asked, 128), nearest }
    }

    fn plugin(&self, name: &str) -> Option<&Arc<Installed>> {
        self.plugins.iter().find(|plugin| plugin.name.as_str() == name)
    }

    fn by_id(&self, asked: &str) -> Option<Found> {
        let (prefix, name) = asked.split_once('/')?;
        let plugin = self.plugin(prefix)?.clone();
        let model = plugin.known().find(name)?.clone();
        Some(Found { plugin, model })
    }

    fn bare(&self, asked: &str) -> Option<Found> {
        let found = |look: fn(&Known, &str) -> Option<Arc<Model>>| {
            self.plugins.iter().find_map(|plugin| {
                let model = look(&plugin.known(), asked)?;
                Some(Found { plugin: plugin.clone(), model })
            })
        };
        found(|known, name| known.named(name).cloned())
            .or_else(|| found(|known, name| known.find(name).cloned()))
    }
}

#[cfg(test)]
mod tests;
