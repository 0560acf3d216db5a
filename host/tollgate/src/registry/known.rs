//! The models of one plugin, as far as they are known, by name and alias.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::cache::Listed;
use crate::plugin::Provider;
use crate::types::{Model, UtcMillis};

/// What a plugin describes, and what its vendor listed beside it. Made anew when the vendor lists; looking up copies
/// nothing.
#[derive(Debug)]
pub(crate) struct Known {
    models: Vec<Arc<Model>>,
    by_name: HashMap<String, usize>,
    by_alias: HashMap<String, usize>,
    listed: Option<Listed>,
}

impl Known {
    /// Before the vendor has listed any.
    pub(crate) fn described(provider: &dyn Provider) -> ArcSwap<Self> {
        ArcSwap::from_pointee(Self::new(&provider.description().models, None))
    }

    /// The described models, then those that the vendor listed beside them.
    pub(super) fn new(described: &[Model], listed: Option<Listed>) -> Self {
        let mut known =
            Self { models: Vec::new(), by_name: HashMap::new(), by_alias: HashMap::new(), listed: None };
        for model in described.iter().chain(listed.iter().flat_map(|listed| &listed.models)) {
            known.add(model);
        }
        known.listed = listed;
        known
    }

    /// The earlier of two models of one name stays, and so does the earlier of two with one alias.
    fn add(&mut self, model: &Model) {
        let at = self.models.len();
        let name = model.name.as_str();
        if self.by_name.contains_key(name) {
            return;
        }
        self.by_name.insert(name.to_owned(), at);
        for alias in &model.aliases {
            self.by_alias.entry(alias.as_str().to_owned()).or_insert(at);
        }
        self.models.push(Arc::new(model.clone()));
    }

    /// All of them, the described ones first.
    pub(crate) fn models(&self) -> &[Arc<Model>] {
        &self.models
    }

    /// The model of that very name.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Model>> {
        self.models.get(*self.by_name.get(name)?)
    }

    /// The model of that name or alias. Names win.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Model>> {
        self.named(name).or_else(|| self.models.get(*self.by_alias.get(name)?))
    }

    /// Whether the vendor has listed its models lately.
    pub(crate) fn is_fresh(&self, now: UtcMillis) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.is_fresh(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, aliases: &[&str]) -> Model {
        let mut model = Model::new(name.parse().unwrap());
        model.aliases = aliases.iter().map(|alias| alias.parse().unwrap()).collect();
        model
    }

    #[test]
    fn names_win_over_aliases_and_described_models_over_listed_ones() {
        let mut described = model("a", &["small"]);
        described.display_name = Some("described".into());
        let listed =
            Listed { at: 0, models: vec![model("a", &[]), model("small", &[]), model("b", &["large"])] };
        let known = Known::new(&[described, model("c", &["large"])], Some(listed));
        let names: Vec<&str> = known.models().iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["a", "c", "small", "b"]);
        assert_eq!(known.find("a").unwrap().display_name.as_deref(), Some("described"));
        assert_eq!(known.find("small").unwrap().name.as_str(), "small");
        assert_eq!(known.find("large").unwrap().name.as_str(), "c");
        assert!(known.named("large").is_none() && known.find("none").is_none());
        assert!(known.is_fresh(UtcMillis::new(1)) && !Known::new(&[], None).is_fresh(UtcMillis::new(1)));
    }
}
