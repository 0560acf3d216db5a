//! The plugins in their order, and one consistent view of all their models.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::cache::Listed;
use super::installed::{Installed, Origin};
use super::known::Known;
use crate::policy::{self, Catalog, Finding, ModelRules, Named, Offer, Policy};
use crate::types::Model;

/// The plugins in their order: built-ins first, then as in the operator's file.
#[derive(Debug)]
pub(crate) struct Registry {
    plugins: Vec<Arc<Installed>>,
    rules: ModelRules,
    current: ArcSwap<View>,
    /// Held while a view is made, so that none is overtaken by an older one.
    making: Mutex<()>,
}

/// The models that were known at some moment, and what the rules say of each.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) catalog: Catalog,
    pub(crate) policy: Policy,
    /// What it was made of, plugin by plugin.
    known: Vec<Arc<Known>>,
}

/// A model, and the plugin that has it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) plugin: Arc<Installed>,
    pub(crate) model: Arc<Model>,
}

impl Registry {
    /// A registry of these plugins, built-ins first; otherwise the order stays.
    pub(crate) fn new(mut plugins: Vec<Arc<Installed>>, rules: ModelRules) -> Self {
        plugins.sort_by_key(|plugin| !matches!(plugin.origin, Origin::Builtin(_)));
        let current = ArcSwap::from_pointee(View::new(&plugins, &rules));
        Self { plugins, rules, current, making: Mutex::new(()) }
    }

    pub(crate) fn plugins(&self) -> &[Arc<Installed>] {
        &self.plugins
    }

    /// What the operator wrote about models.
    pub(crate) fn rules(&self) -> &ModelRules {
        &self.rules
    }

    /// What is known now. Later views do not change it.
    pub(crate) fn view(&self) -> Guard<Arc<View>> {
        self.current.load()
    }

    /// Takes over what a plugin's vendor listed.
    pub(crate) fn learn(&self, plugin: &Installed, listed: Listed) {
        plugin.learn(listed);
        self.catch_up();
    }

    /// Makes a new view where a plugin knows more than the last one; another registry may have taught it.
    pub(crate) fn catch_up(&self) {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let view = self.current.load();
        let behind = |(plugin, known): (&Arc<Installed>, &Arc<Known>)| !Arc::ptr_eq(&plugin.known(), known);
        if self.plugins.iter().zip(&view.known).any(behind) {
            self.current.store(Arc::new(View::new(&self.plugins, &self.rules)));
        }
    }

    /// The model at this place of a view's catalog.
    pub(crate) fn found(&self, view: &View, index: usize) -> Option<Found> {
        let offered = view.catalog.get(index)?;
        let plugin = self.plugins.get(offered.plugin)?.clone();
        Some(Found { plugin, model: offered.model.clone() })
    }

    /// The plugins whose vendors are asked before this name is believed to mean what it means now. Where nobody has it, all
    /// that could; where a later plugin has it, those before it, since a bare name is the earliest's; and whoever has it by
    /// a vendor's list, which may be of yesterday.
    pub(crate) fn candidates(&self, asked: &str) -> Vec<Arc<Installed>> {
        let view = self.view();
        // an operator's alias is asked for by what it stands for
        let alias = self.rules.aliases.iter().find(|alias| alias.name == asked);
        let asked = alias.map_or(asked, |alias| alias.model.name.as_str());
        let owner = view.catalog.find(asked).and_then(|index| view.catalog.get(index));
        let lists = |plugin: &&Arc<Installed>| plugin.provider.description().lists_models;
        let (first, count) = match (view.catalog.plugin_before_slash(asked), owner) {
            (Some(named), owner) => (named, usize::from(owner.is_none_or(|owner| !owner.is_described))),
            (None, Some(owner)) => (0, owner.plugin + usize::from(!owner.is_described)),
            (None, None) => (0, self.plugins.len()),
        };
        self.plugins.iter().skip(first).take(count).filter(lists).cloned().collect()
    }

    /// What does not fit between the rules, or these other names of models, and the models that are known now.
    pub(crate) fn check<'n>(&self, others: impl Iterator<Item = &'n Named>) -> Vec<Finding> {
        let lists: Vec<bool> =
            self.plugins.iter().map(|plugin| plugin.provider.description().lists_models).collect();
        policy::check(&self.rules, others, &self.view().catalog, &lists)
    }
}

impl View {
    fn new(plugins: &[Arc<Installed>], rules: &ModelRules) -> Self {
        let known: Vec<Arc<Known>> = plugins.iter().map(|plugin| Arc::clone(&plugin.known())).collect();
        let offers: Vec<Offer<'_>> = plugins
            .iter()
            .zip(&known)
            .map(|(plugin, known)| Offer {
                plugin: &plugin.name,
                models: known.models(),
                described: known.described_models(),
            })
            .collect();
        let catalog = Catalog::new(&offers, &rules.aliases);
        let policy = Policy::new(rules, &catalog);
        Self { catalog, policy, known }
    }
}
