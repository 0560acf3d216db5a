//! The same rules once more, as naively as they can be written: names looked up anew for every question, lists as lists.
//!
//! Shares no code with the policy. Where both agree on thousands of configurations, a mistake would have to have been made
//! twice, in two ways of thinking.

use tollgate::policy::{ModelRef, ModelRules, Named, PurposeRules};

/// One model that there is.
pub(super) struct Model {
    pub(super) plugin: &'static str,
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) keyed: bool,
}

impl Model {
    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.plugin, self.name)
    }
}

/// Everything that decides, and who asks.
pub(super) struct World<'a> {
    pub(super) models: &'a [Model],
    pub(super) rules: &'a ModelRules,
    pub(super) purpose: Option<&'a str>,
    /// The secrets that this actor has.
    pub(super) secrets: &'a [&'a str],
}

impl World<'_> {
    /// The id that a name means.
    pub(super) fn meaning(&self, name: &str) -> Option<String> {
        if self.models.iter().any(|model| name.starts_with(&format!("{}/", model.plugin))) {
            return self.by_id(name);
        }
        match self.rules.aliases.iter().find(|alias| alias.name == name) {
            Some(alias) => self.by_id(&alias.model.name).or_else(|| self.bare(&alias.model.name)),
            None => self.bare(name),
        }
    }

    fn by_id(&self, name: &str) -> Option<String> {
        let exact = self.models.iter().find(|model| model.id() == name);
        let aliased = || {
            self.models
                .iter()
                .find(|model| model.aliases.iter().any(|alias| format!("{}/{alias}", model.plugin) == name))
        };
        exact.or_else(aliased).map(Model::id)
    }

    fn bare(&self, name: &str) -> Option<String> {
        let mut plugins: Vec<&str> = self.models.iter().map(|model| model.plugin).collect();
        plugins.dedup();
        plugins.into_iter().find_map(|plugin| {
            let own: Vec<&Model> = self.models.iter().filter(|model| model.plugin == plugin).collect();
            let exact = own.iter().find(|model| model.name == name);
            exact.or_else(|| own.iter().find(|model| model.aliases.contains(&name))).map(|model| model.id())
        })
    }

    fn meanings<'n>(&self, names: impl IntoIterator<Item = &'n Named>) -> Vec<String> {
        names.into_iter().filter_map(|named| self.meaning(&named.name)).collect()
    }

    fn purpose(&self) -> Option<&PurposeRules> {
        self.rules.purposes.iter().find(|purpose| Some(purpose.name.as_str()) == self.purpose)
    }

    /// The default's id.
    pub(super) fn default(&self) -> Option<String> {
        let own = self.purpose().and_then(|purpose| purpose.model.as_ref());
        self.meaning(&own.or(self.rules.default_model.as_ref())?.model.name)
    }

    /// What a listing shows, in its order.
    pub(super) fn listing(&self) -> Vec<String> {
        let all: Vec<String> = self.models.iter().map(Model::id).collect();
        let keyless = |id: &String| self.rules.require_keys && self.key(id).is_err();
        let with_keys: Vec<String> = all.iter().filter(|id| !keyless(id)).cloned().collect();
        let allowed: Vec<String> = with_keys.into_iter().filter(|id| self.is_allowed(id)).collect();
        let mut blocked = self.meanings(&self.rules.blocked_models);
        if let Some(purpose) = self.purpose() {
            blocked.extend(self.meanings(&purpose.blocked_models));
        }
        let left: Vec<String> = allowed.into_iter().filter(|id| !blocked.contains(id)).collect();

        let mut order: Vec<String> = self.default().into_iter().collect();
        if let Some(list) = self.purpose().and_then(|purpose| purpose.models.as_ref()) {
            order.extend(self.meanings(list.iter().map(|entry| &entry.model)));
        }
        order.extend(self.meanings(self.rules.models.iter().flatten()));
        order.extend(all);
        let mut listed = Vec::new();
        for id in order {
            if left.contains(&id) && !listed.contains(&id) {
                listed.push(id);
            }
        }
        listed
    }

    fn is_allowed(&self, id: &String) -> bool {
        let name = |entry: &ModelRef| entry.model.clone();
        let own_default: Vec<Named> =
            self.purpose().and_then(|purpose| purpose.model.as_ref()).map(name).into_iter().collect();
        if let Some(list) = self.purpose().and_then(|purpose| purpose.models.as_ref()) {
            let list: Vec<Named> = list.iter().map(name).collect();
            return self.meanings(&list).contains(id) || self.meanings(&own_default).contains(id);
        }
        let Some(list) = &self.rules.models else { return true };
        let default: Vec<Named> = self.rules.default_model.iter().map(name).collect();
        [list, &default, &own_default].iter().any(|names| self.meanings(names.iter()).contains(id))
    }

    /// The secret whose value a model's requests carry; none for one that needs none. An error: there is none to be had.
    pub(super) fn key(&self, id: &String) -> Result<Option<String>, ()> {
        let model = self.models.iter().find(|model| model.id() == *id).unwrap();
        if !model.keyed {
            return Ok(None);
        }
        let is_this =
            |entry: &&ModelRef| entry.key.is_some() && self.meaning(&entry.model.name).as_ref() == Some(id);
        let own = self.purpose().and_then(|purpose| {
            let listed = purpose.models.iter().flatten().find(is_this);
            listed.or_else(|| purpose.model.as_ref().filter(is_this))
        });
        for entry in own.into_iter().chain(self.rules.default_model.as_ref().filter(is_this)) {
            let secret = entry.key.as_ref().unwrap().as_str();
            if self.secrets.contains(&secret) {
                return Ok(Some(secret.to_owned()));
            }
            if !entry.key_fallback {
                return Err(());
            }
        }
        let shared = format!("{}_API_KEY", model.plugin.to_uppercase());
        if self.secrets.contains(&shared.as_str()) { Ok(Some(shared)) } else { Err(()) }
    }

    /// Whether the rules contradict themselves, so that no host takes them.
    pub(super) fn are_mistaken(&self) -> bool {
        let blocked = self.meanings(&self.rules.blocked_models);
        let is_in = |entry: &ModelRef, list: &[String]| {
            self.meaning(&entry.model.name).is_some_and(|id| list.contains(&id))
        };
        let global = self.rules.default_model.iter().any(|default| is_in(default, &blocked));
        global
            || self.rules.purposes.iter().any(|purpose| {
                let own = self.meanings(&purpose.blocked_models);
                let blocked_default =
                    purpose.model.iter().any(|entry| is_in(entry, &own) || is_in(entry, &blocked));
                let list: Vec<&ModelRef> = purpose.models.iter().flatten().collect();
                let two_keys = list.iter().any(|one| {
                    list.iter().any(|other| {
                        one.key != other.key
                            && self.meaning(&one.model.name) == self.meaning(&other.model.name)
                    })
                });
                blocked_default || two_keys
            })
    }
}
