//! Holding the rules against the models there are, before the first prompt: every name, key and option that they hold.
//!
//! No vendor is asked. A plugin may have models that only its vendor lists, so that an unknown `plugin/name` of such a
//! plugin is a warning: it counts from the moment at which it is listed. An unknown bare name is an error, since nobody
//! could say later whose it was to be; a block list may know more than there is.

use std::collections::HashMap;

use super::catalog::{Catalog, Offered};
use super::finding::{Finding, Severity};
use super::rules::{Alias, ModelRef, ModelRules, Named, PurposeRules};
use crate::types::{Entry, Place, printable};

/// Everything that does not fit, in no particular order. `others` are names of models beside the rules; `lists` says of each
/// plugin whether its vendor lists models.
pub(crate) fn check<'n>(
    rules: &ModelRules,
    others: impl Iterator<Item = &'n Named>,
    catalog: &Catalog,
    lists: &[bool],
) -> Vec<Finding> {
    let mut check = Check { catalog, lists, findings: Vec::new() };
    for named in others {
        check.named(named, Severity::Error);
    }
    for alias in &rules.aliases {
        check.alias(alias);
    }
    for named in rules.models.iter().flatten() {
        check.named(named, Severity::Error);
    }
    check.blocked(&rules.blocked_models);
    if let Some(default) = &rules.default_model {
        check.used(default);
        check.not_blocked(default, &[&rules.blocked_models]);
    }
    for purpose in &rules.purposes {
        check.purpose(purpose, rules);
    }
    check.claims();
    check.findings
}

struct Check<'a> {
    catalog: &'a Catalog,
    lists: &'a [bool],
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn note(&mut self, severity: Severity, at: &Place, message: String, suggestion: Option<String>) {
        self.findings.push(Finding::new(severity, at, message, suggestion));
    }

    fn purpose(&mut self, purpose: &PurposeRules, rules: &ModelRules) {
        for entry in purpose.models.iter().flatten().chain(&purpose.fallback).chain(&purpose.model) {
            self.used(entry);
        }
        self.blocked(&purpose.blocked_models);
        if let Some(model) = &purpose.model {
            self.not_blocked(model, &[&purpose.blocked_models, &rules.blocked_models]);
        }
        self.one_key_each(purpose);
    }

    /// A block list may know more than there is.
    fn blocked(&mut self, list: &[Named]) {
        let before = self.findings.len();
        for named in list {
            self.named(named, Severity::Warning);
        }
        self.findings.iter_mut().skip(before).for_each(|finding| finding.only_takes_away = true);
    }

    /// The model that a name means. One that nobody has is noted: as so bad, or less where it may come.
    fn named(&mut self, named: &Named, severity: Severity) -> Option<usize> {
        let Named { name, at } = named;
        let found = self.catalog.find(name);
        if found.is_some() {
            return found;
        }
        let shown = printable(name, 128);
        let nearest = self.catalog.unknown(name).nearest;
        let near = (!nearest.is_empty()).then(|| format!("did you mean `{}`?", nearest.join("`, `")));
        match self.catalog.plugin_before_slash(name) {
            Some(plugin) if self.lists.get(plugin).copied().unwrap_or_default() => {
                let message = format!("`{shown}` is not known; it counts once the plugin's vendor lists it");
                self.note(severity.min(Severity::Warning), at, message, near);
            }
            Some(_) => self.note(severity, at, format!("the plugin has no model `{shown}`"), near),
            None if name.contains('/') => {
                let message = format!("no installed plugin offers `{shown}`");
                let install =
                    "`plugins` names the plugins that are installed beside the built-ins".to_owned();
                self.note(severity, at, message, near.or(Some(install)));
            }
            None => {
                let message = format!("no installed plugin offers `{shown}`");
                let whole = format!("write `PLUGIN/{shown}` for a model that a vendor lists later");
                self.note(severity, at, message, near.or(Some(whole)));
            }
        }
        None
    }

    /// A ref: its model, and what it says of how the model is used.
    fn used(&mut self, entry: &ModelRef) {
        let Some(offered) =
            self.named(&entry.model, Severity::Error).and_then(|index| self.catalog.get(index)).cloned()
        else {
            return;
        };
        let at = &entry.at;
        if let Some(key) = entry.key.as_ref().filter(|_| offered.model.key_slot.is_none()) {
            let message = format!("`{}` needs no key; `{key}` is not sent", offered.id);
            self.note(Severity::Warning, at, message, Some("remove `key`".to_owned()));
        }
        // what a vendor lists may change from day to day; the prompt is checked against it in any case
        let severity = if offered.is_described { Severity::Error } else { Severity::Warning };
        for Entry { name, value } in &entry.options {
            if let Err(message) = fits(&offered, name, value) {
                self.note(severity, at, message, None);
            }
        }
    }

    fn not_blocked(&mut self, default: &ModelRef, lists: &[&Vec<Named>]) {
        let Some(index) = self.catalog.find(&default.model.name) else { return };
        let blocks = |named: &&Named| self.catalog.find(&named.name) == Some(index);
        if let Some(blocking) = lists.iter().flat_map(|list| list.iter()).find(blocks) {
            let message = format!("the default `{}` is blocked by {}", default.model.name, blocking.at);
            let advice = "choose another default, or remove it there".to_owned();
            self.note(Severity::Error, &default.model.at, message, Some(advice));
        }
    }

    /// Whichever of two keys were taken, somebody would pay who should not.
    fn one_key_each(&mut self, purpose: &PurposeRules) {
        let mut keys: HashMap<usize, &ModelRef> = HashMap::new();
        for entry in purpose.models.iter().flatten() {
            let Some(index) = self.catalog.find(&entry.model.name) else { continue };
            let first = keys.entry(index).or_insert(entry);
            if first.key != entry.key {
                let message = format!("the same model as {}, with another key", first.at);
                let advice = "keep one of the two".to_owned();
                self.findings.push(Finding::new(Severity::Error, &entry.at, message, Some(advice)));
            }
        }
    }

    fn alias(&mut self, alias: &Alias) {
        let Alias { name, model } = alias;
        let shown = printable(name, 128);
        let known = self.catalog.models().iter().find(|offered| offered.id.name.as_str() == name);
        if self.catalog.plugin_before_slash(name).is_some() {
            let message = format!("`{shown}` is how a model of an installed plugin is called");
            self.note(Severity::Error, &model.at, message, Some("give the alias another name".to_owned()));
        } else if let Some(known) = known {
            // it is the alias that counts; of a model that a vendor lists, nobody could have known
            let severity = if known.is_described { Severity::Error } else { Severity::Notice };
            let message = format!("`{shown}` is the name of the model `{}`", known.id);
            self.note(severity, &model.at, message, Some("give the alias another name".to_owned()));
        }
        self.named(model, Severity::Error);
    }

    /// What a plugin's models are called where their bare names are taken.
    fn claims(&mut self) {
        let mut by_plugin: Vec<(String, String, usize)> = Vec::new();
        for claim in self.catalog.claims() {
            let plugin = claim.by.plugin.to_string();
            match by_plugin.iter_mut().find(|(known, ..)| *known == plugin) {
                Some((_, _, more)) => *more += 1,
                None => {
                    let whose = match &claim.owner {
                        Some(owner) => format!("`{}` is `{owner}`", claim.by.name),
                        None => format!("`{}` reads like another plugin's model", claim.by.name),
                    };
                    by_plugin.push((plugin, format!("{whose}, and this one is `{}`", claim.by), 0));
                }
            }
        }
        for (plugin, first, more) in by_plugin {
            let rest = if more > 0 { format!("; likewise {more} more") } else { String::new() };
            let at = Place::of_key(format!("plugins.{plugin}"));
            self.note(Severity::Notice, &at, format!("{first}{rest}"), None);
        }
    }
}

/// Whether the model takes this value for this option.
fn fits(offered: &Offered, name: &str, value: &crate::types::Value) -> Result<(), String> {
    let options = &offered.model.options;
    match options.iter().find(|spec| spec.name == name) {
        Some(spec) => {
            spec.check(value.clone()).map(drop).map_err(|refused| format!("`{}`: {refused}", offered.id))
        }
        None => {
            let takes: Vec<&str> = options.iter().map(|spec| spec.name.as_str()).collect();
            let takes = if takes.is_empty() { "none".to_owned() } else { takes.join(", ") };
            Err(format!("`{}` has no option `{}`; it takes {takes}", offered.id, printable(name, 128)))
        }
    }
}
