//! The models of one plugin, as far as they are known.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::cache::Listed;
use crate::plugin::Provider;
use crate::types::{Model, UtcMillis};

/// What a plugin describes, and what its vendor listed beside it. Made anew when the vendor lists.
#[derive(Debug)]
pub(crate) struct Known {
    models: Vec<Arc<Model>>,
    /// How many of them were described: the first.
    described: usize,
    listed: Option<Listed>,
}

impl Known {
    /// Before the vendor has listed any.
    pub(crate) fn described(provider: &dyn Provider) -> ArcSwap<Self> {
        ArcSwap::from_pointee(Self::new(&provider.description().models, None))
    }

    /// The described models, then those that the vendor listed beside them. The earlier of two models of one name stays.
    pub(super) fn new(described: &[Model], listed: Option<Listed>) -> Self {
        let mut names = HashSet::new();
        let mut fresh = |model: &&Model| names.insert(model.name.clone());
        let mut models: Vec<Arc<Model>> =
            described.iter().filter(&mut fresh).cloned().map(Arc::new).collect();
        let described = models.len();
        let later = listed.iter().flat_map(|listed| &listed.models);
        models.extend(later.filter(&mut fresh).cloned().map(Arc::new));
        Self { models, described, listed }
    }

    /// How many of the models are described.
    pub(crate) fn described_models(&self) -> usize {
        self.described
    }

    /// All of them, the described ones first.
    pub(crate) fn models(&self) -> &[Arc<Model>] {
        &self.models
    }

    /// Whether the vendor has listed its models lately.
    pub(crate) fn is_fresh(&self, now: UtcMillis) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.is_fresh(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> Model {
        Model::new(name.parse().unwrap())
    }

    #[test]
    fn a_described_model_stays_whatever_the_vendor_lists() {
        let mut described = model("a");
        described.display_name = Some("described".into());
        let listed = Listed { at: 0, models: vec![model("a"), model("b")] };
        let known = Known::new(&[described, model("c")], Some(listed));
        let names: Vec<&str> = known.models().iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["a", "c", "b"]);
        assert_eq!(known.models()[0].display_name.as_deref(), Some("described"));
        assert_eq!(known.described_models(), 2);
        assert_eq!(Known::new(&[model("a"), model("a")], None).described_models(), 1);
        assert!(known.is_fresh(UtcMillis::new(1)) && !Known::new(&[], None).is_fresh(UtcMillis::new(1)));
    }
}
