//! The models there are, and what each name means.
//!
//! Three kinds of names, the earlier one first where two are spelled alike:
//!
//! 1. `plugin/name` and `plugin/alias`: always the model of that plugin. Within one plugin names win over aliases.
//! 2. the operator's `aliases`. One whose model is not known yet means nothing until it is: nobody else has the name.
//! 3. bare names and aliases of plugins: the earliest plugin's, built-ins first. A later plugin that claims one keeps its
//!    `plugin/name`.
//!
//! A bare name that begins like an installed plugin's ids means nobody but that plugin, whether it has such a model or
//! not: otherwise a stranger's plugin could wait there for a model that its owner has not listed yet (SECURITY.md P13).

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::rules::Alias;
use crate::types::{Model, ModelId, PluginName, printable};

/// The models of all plugins, in the order in which the plugins were installed.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    models: Vec<Offered>,
    names: HashMap<Box<str>, usize>,
    /// The operator's aliases of models that are not known.
    reserved: HashSet<Box<str>>,
    plugins: Vec<PluginName>,
    claims: Vec<Claim>,
}

/// One model of one plugin.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) id: ModelId,
    pub(crate) model: Arc<Model>,
    /// The place of its plugin among the plugins.
    pub(crate) plugin: usize,
    /// Whether its bare name means it.
    pub(crate) owns_bare_name: bool,
    /// The other short names that mean it: the operator's, then its plugin's.
    pub(crate) aliases: Vec<Box<str>>,
    /// Whether its plugin knows it without asking a vendor.
    pub(crate) is_described: bool,
}

/// A bare name that a plugin has for a model of its own, and that means another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The model that keeps only its `plugin/name`.
    pub(crate) by: ModelId,
    /// Whose the bare name is; `None`: it begins like the ids of a plugin, and so is nobody's.
    pub(crate) owner: Option<ModelId>,
}

/// What a plugin offers.
pub(crate) struct Offer<'a> {
    pub(crate) plugin: &'a PluginName,
    pub(crate) models: &'a [Arc<Model>],
    /// How many of them it knows without asking a vendor: the first.
    pub(crate) described: usize,
}

impl Catalog {
    /// The catalog of these plugins, in their order, with the operator's aliases.
    pub(crate) fn new(offers: &[Offer<'_>], aliases: &[Alias]) -> Self {
        let mut catalog =
            Self { plugins: offers.iter().map(|offer| offer.plugin.clone()).collect(), ..Self::default() };
        for (plugin, offer) in offers.iter().enumerate() {
            for (place, model) in offer.models.iter().enumerate() {
                let id = ModelId { plugin: offer.plugin.clone(), name: model.name.clone() };
                catalog.models.push(Offered {
                    id,
                    model: model.clone(),
                    plugin,
                    owns_bare_name: false,
                    aliases: Vec::new(),
                    is_described: place < offer.described,
                });
            }
        }
        catalog.name_by_id();
        catalog.name_aliases(aliases);
        catalog.name_bare();
        catalog
    }

    /// What an alias stands for is never another alias: ids and plugins' own names only.
    fn name_aliases(&mut self, aliases: &[Alias]) {
        for alias in aliases {
            let name: Box<str> = alias.name.as_str().into();
            if self.plugin_before_slash(&name).is_some() {
                continue;
            }
            let Some(target) = self.by_id_or_bare(&alias.model.name) else {
                self.reserved.insert(name);
                continue;
            };
            if !self.names.contains_key(&name) {
                self.called(target, &name);
                self.names.insert(name, target);
            }
        }
    }

    /// Notes a short name of a model.
    fn called(&mut self, index: usize, name: &str) {
        if let Some(offered) = self.models.get_mut(index) {
            offered.aliases.push(name.into());
        }
    }

    fn name_by_id(&mut self) {
        for (index, offered) in self.models.iter().enumerate() {
            self.names.insert(offered.id.to_string().into(), index);
        }
        for (index, offered) in self.models.iter().enumerate() {
            for alias in &offered.model.aliases {
                let name = format!("{}/{alias}", offered.id.plugin);
                self.names.entry(name.into()).or_insert(index);
            }
        }
    }

    /// Gives each name that is nobody's yet to the earliest plugin: within one, first by its models' names.
    fn name_bare(&mut self) {
        for plugin in 0..self.plugins.len() {
            let own: Vec<usize> = self.of_plugin(plugin).collect();
            for index in own.iter().copied() {
                self.name_bare_model(index);
            }
            for index in own {
                let aliases = self.models.get(index).map(|offered| offered.model.aliases.clone());
                for alias in aliases.unwrap_or_default() {
                    if self.is_free(alias.as_str()) {
                        self.called(index, alias.as_str());
                        self.names.insert(alias.as_str().into(), index);
                    }
                }
            }
        }
    }

    fn name_bare_model(&mut self, index: usize) {
        let Some(id) = self.models.get(index).map(|offered| offered.id.clone()) else { return };
        if self.is_free(id.name.as_str()) {
            self.names.insert(id.name.as_str().into(), index);
            if let Some(offered) = self.models.get_mut(index) {
                offered.owns_bare_name = true;
            }
            return;
        }
        // a name that begins like a plugin's ids is nobody's short name
        let owner = match self.plugin_before_slash(id.name.as_str()) {
            Some(_) => None,
            None => self.find(id.name.as_str()).and_then(|owner| self.models.get(owner)),
        };
        let owner = owner.map(|owner| owner.id.clone());
        self.claims.push(Claim { by: id, owner });
    }

    fn is_free(&self, name: &str) -> bool {
        !self.names.contains_key(name)
            && !self.reserved.contains(name)
            && self.plugin_before_slash(name).is_none()
    }

    fn of_plugin(&self, plugin: usize) -> impl Iterator<Item = usize> + '_ {
        let is_own = move |(_, offered): &(usize, &Offered)| offered.plugin == plugin;
        self.models.iter().enumerate().filter(is_own).map(|(index, _)| index)
    }

    /// Before bare names are in the table: the model of that id, or the earliest plugin's of that name or alias.
    fn by_id_or_bare(&self, name: &str) -> Option<usize> {
        if self.plugin_before_slash(name).is_some() {
            return self.names.get(name).copied();
        }
        (0..self.plugins.len()).find_map(|plugin| {
            let offered = |index: &usize| self.models.get(*index);
            let named = |index: &usize| offered(index).is_some_and(|one| one.id.name.as_str() == name);
            let called = |index: &usize| {
                offered(index).is_some_and(|one| one.model.aliases.iter().any(|alias| alias.as_str() == name))
            };
            self.of_plugin(plugin).find(named).or_else(|| self.of_plugin(plugin).find(called))
        })
    }

    /// The installed plugin of whose ids this name would be one.
    pub(crate) fn plugin_before_slash(&self, name: &str) -> Option<usize> {
        let (prefix, _) = name.split_once('/')?;
        self.plugins.iter().position(|plugin| plugin.as_str() == prefix)
    }

    /// Which model this name means.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Offered> {
        self.models.get(index)
    }

    pub(crate) fn models(&self) -> &[Offered] {
        &self.models
    }

    /// The bare names that plugins have for models and do not own.
    pub(crate) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// That there is no such model, with the ids that come nearest.
    pub(crate) fn unknown(&self, asked: &str) -> ModelUnknown {
        let mut near: Vec<(f64, &Offered)> = Vec::new();
        for offered in &self.models {
            let bare = strsim::jaro_winkler(asked, offered.id.name.as_str());
            let score = bare.max(strsim::jaro_winkler(asked, &offered.id.to_string()));
            if score > 0.8 {
                near.push((score, offered));
            }
        }
        near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let nearest = near.into_iter().take(3).map(|(_, offered)| offered.id.to_string()).collect();
        ModelUnknown { asked: printable(asked, 128), nearest, unlisted: None }
    }
}

/// No plugin has such a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelUnknown {
    /// What was asked for, escaped and cut.
    pub asked: String,
    /// The ids that come nearest.
    pub nearest: Vec<String>,
    /// Why the plugin that the name begins with could not say which models its vendor has, if it could not.
    pub unlisted: Option<String>,
}

impl fmt::Display for ModelUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown model `{}`", self.asked)?;
        if let Some(unlisted) = &self.unlisted {
            write!(f, "; {unlisted}")?;
        }
        if !self.nearest.is_empty() {
            write!(f, "; did you mean `{}`?", self.nearest.join("`, `"))?;
        }
        Ok(())
    }
}

impl std::error::Error for ModelUnknown {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rules::Named;
    use crate::types::Place;

    type Models<'a> = &'a [(&'a str, &'a [&'a str])];

    fn catalog(plugins: &[(&str, Models<'_>)], aliases: &[(&str, &str)]) -> Catalog {
        let named: Vec<(PluginName, Vec<Arc<Model>>)> = plugins
            .iter()
            .map(|(plugin, models)| {
                let model = |(name, aliases): &(&str, &[&str])| {
                    let mut model = Model::new(name.parse().unwrap());
                    model.aliases = aliases.iter().map(|alias| alias.parse().unwrap()).collect();
                    Arc::new(model)
                };
                (plugin.parse().unwrap(), models.iter().map(model).collect())
            })
            .collect();
        let offers: Vec<Offer<'_>> =
            named.iter().map(|(plugin, models)| Offer { plugin, models, described: models.len() }).collect();
        let alias = |(name, model): &(&str, &str)| Alias::new(*name, Named::new(*model, Place::default()));
        Catalog::new(&offers, &aliases.iter().map(alias).collect::<Vec<_>>())
    }

    fn id(catalog: &Catalog, name: &str) -> Option<String> {
        Some(catalog.get(catalog.find(name)?)?.id.to_string())
    }

    fn owns(catalog: &Catalog, id: &str) -> bool {
        catalog.get(catalog.find(id).unwrap()).unwrap().owns_bare_name
    }

    #[test]
    fn a_bare_name_stays_with_the_earliest_plugin() {
        // P13
        let catalog = catalog(
            &[
                ("openai", &[("gpt", &[]), ("gpt-mini", &["mini"])]),
                ("evil", &[("gpt", &[]), ("own", &["mini"])]),
                ("later", &[("own", &[])]),
            ],
            &[],
        );
        assert_eq!(id(&catalog, "gpt").as_deref(), Some("openai/gpt"));
        assert_eq!(id(&catalog, "mini").as_deref(), Some("openai/gpt-mini"));
        assert_eq!(id(&catalog, "own").as_deref(), Some("evil/own"));
        assert_eq!(id(&catalog, "later/own").as_deref(), Some("later/own"));
        assert_eq!(id(&catalog, "evil/mini").as_deref(), Some("evil/own"));
        assert!(owns(&catalog, "openai/gpt") && !owns(&catalog, "evil/gpt"));
        let claims: Vec<String> = catalog
            .claims()
            .iter()
            .map(|claim| format!("{} {}", claim.by, claim.owner.as_ref().unwrap()))
            .collect();
        assert_eq!(claims, ["evil/gpt openai/gpt", "later/own evil/own"]);
    }

    #[test]
    fn an_earlier_plugins_alias_stays_its_own_and_within_one_names_win() {
        // P13: `4o` is what people type for a built-in's model
        let catalog = catalog(
            &[
                ("openai", &[("gpt-4o", &["4o", "o1"]), ("o1", &[])]),
                ("evil", &[("4o", &[]), ("x", &["gpt-4o"])]),
            ],
            &[],
        );
        assert_eq!(id(&catalog, "4o").as_deref(), Some("openai/gpt-4o"));
        assert_eq!(id(&catalog, "o1").as_deref(), Some("openai/o1"));
        assert_eq!(id(&catalog, "gpt-4o").as_deref(), Some("openai/gpt-4o"));
        assert_eq!(id(&catalog, "evil/4o").as_deref(), Some("evil/4o"));
        assert!(!owns(&catalog, "evil/4o"));
        let [claim] = catalog.claims() else { panic!("{:?}", catalog.claims()) };
        assert_eq!(claim.owner.as_ref().unwrap().to_string(), "openai/gpt-4o");
        let aliases = |id: &str| catalog.get(catalog.find(id).unwrap()).unwrap().aliases.concat();
        assert_eq!((aliases("openai/gpt-4o").as_str(), aliases("evil/x").as_str()), ("4o", ""));
    }

    #[test]
    fn an_alias_of_a_model_that_may_come_is_nobody_elses_name() {
        let plugins: &[(&str, Models<'_>)] =
            &[("openai", &[("gpt", &[])]), ("evil", &[("fast", &[]), ("x", &["fast"])])];
        let catalog = catalog(plugins, &[("fast", "openai/gpt-new")]);
        assert_eq!(id(&catalog, "fast"), None);
        assert_eq!(id(&catalog, "evil/fast").as_deref(), Some("evil/fast"));
    }

    #[test]
    fn a_model_name_cannot_imitate_another_plugins_id() {
        // P13: not one that is there, and not one that may come
        let catalog = catalog(
            &[
                ("evil", &[("openai/gpt", &[]), ("openai/next", &[]), ("x", &["openai/other"])]),
                ("openai", &[("gpt", &[])]),
            ],
            &[],
        );
        assert_eq!(id(&catalog, "openai/gpt").as_deref(), Some("openai/gpt"));
        assert_eq!(id(&catalog, "openai/next"), None);
        assert_eq!(id(&catalog, "openai/other"), None);
        assert_eq!(id(&catalog, "evil/openai/next").as_deref(), Some("evil/openai/next"));
        assert_eq!(id(&catalog, "evil/openai/gpt").as_deref(), Some("evil/openai/gpt"));
        assert!(!owns(&catalog, "evil/openai/gpt"));
    }

    #[test]
    fn an_operators_alias_wins_over_bare_names_and_never_over_ids() {
        let plugins: &[(&str, Models<'_>)] = &[("openai", &[("gpt", &[]), ("mini", &[])])];
        let catalog =
            catalog(plugins, &[("mini", "gpt"), ("openai/gpt", "mini"), ("lost", "none"), ("twice", "lost")]);
        assert_eq!(id(&catalog, "mini").as_deref(), Some("openai/gpt"));
        assert_eq!(id(&catalog, "openai/mini").as_deref(), Some("openai/mini"));
        assert_eq!(id(&catalog, "openai/gpt").as_deref(), Some("openai/gpt"));
        assert_eq!((id(&catalog, "lost"), id(&catalog, "twice")), (None, None));
        assert!(!owns(&catalog, "openai/mini"));
    }

    #[test]
    fn an_unknown_model_is_answered_with_the_nearest_ones() {
        let catalog = catalog(&[("openai", &[("gpt-5.4-mini", &[]), ("o3", &[])])], &[]);
        assert_eq!(catalog.unknown("gpt-5.4-mimi").nearest, ["openai/gpt-5.4-mini"]);
        assert!(catalog.unknown("zzz").nearest.is_empty());
    }
}
