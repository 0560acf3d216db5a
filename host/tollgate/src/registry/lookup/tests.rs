use async_trait::async_trait;

use super::super::Origin;
use super::*;
use crate::keys::KeyOrder;
use crate::plugin::{Call, EventStream, Provider, ProviderError};
use crate::types::{Description, ModelName, Prompt};

#[derive(Debug)]
struct Fixed(Description);

#[async_trait]
impl Provider for Fixed {
    fn description(&self) -> &Description {
        &self.0
    }

    async fn models(&self, _: Call) -> Result<Vec<Model>, ProviderError> {
        Ok(self.0.models.clone())
    }

    async fn complete(&self, _: Call, _: ModelName, _: Prompt) -> Result<EventStream, ProviderError> {
        Err(ProviderError::Cancelled)
    }
}

fn plugin(name: &str, origin: Origin, models: &[(&str, &[&str])]) -> Arc<Installed> {
    let mut description = Description::new(name);
    description.models = models
        .iter()
        .map(|(name, aliases)| {
            let mut model = Model::new(name.parse().unwrap());
            model.aliases = aliases.iter().map(|alias| alias.parse().unwrap()).collect();
            model
        })
        .collect();
    let name: crate::types::PluginName = name.parse().unwrap();
    let provider = Fixed(description);
    Arc::new(Installed {
        known: Known::described(&provider),
        keys: KeyOrder::by_name(&name, []),
        name,
        origin,
        digest: None,
        provider: Arc::new(provider),
        settings: Vec::new(),
    })
}

fn id(registry: &Registry, asked: &str) -> Option<String> {
    registry.find(asked).map(|found| format!("{}/{}", found.plugin.name, found.model.name))
}

#[test]
fn a_bare_name_stays_with_the_earliest_plugin_built_ins_first() {
    // P13
    let registry = Registry::new(vec![
        plugin("evil", Origin::Bytes, &[("gpt", &[]), ("own", &["mini"])]),
        plugin("later", Origin::Bytes, &[("own", &[])]),
        plugin("openai", Origin::Builtin("openai".into()), &[("gpt", &[]), ("gpt-mini", &["mini"])]),
    ]);
    assert_eq!(id(&registry, "gpt").as_deref(), Some("openai/gpt"));
    assert_eq!(id(&registry, "mini").as_deref(), Some("openai/gpt-mini"));
    assert_eq!(id(&registry, "own").as_deref(), Some("evil/own"));
    assert_eq!(id(&registry, "later/own").as_deref(), Some("later/own"));
    assert_eq!(id(&registry, "evil/mini").as_deref(), Some("evil/own"));
    let (evil, openai) = (&registry.plugins[1], &registry.plugins[0]);
    assert!(registry.owns_bare_name(openai, openai.known().find("gpt").unwrap()));
    assert!(!registry.owns_bare_name(evil, evil.known().find("gpt").unwrap()));
}

#[test]
fn a_name_wins_over_an_earlier_plugins_alias() {
    let registry = Registry::new(vec![
        plugin("first", Origin::Bytes, &[("x", &["claude"])]),
        plugin("second", Origin::Bytes, &[("claude", &[])]),
    ]);
    assert_eq!(id(&registry, "claude").as_deref(), Some("second/claude"));
}

#[test]
fn a_model_name_cannot_imitate_another_plugins_id() {
    // P13
    let registry = Registry::new(vec![
        plugin("evil", Origin::Bytes, &[("openai/gpt", &[])]),
        plugin("openai", Origin::Bytes, &[("gpt", &[])]),
    ]);
    assert_eq!(id(&registry, "openai/gpt").as_deref(), Some("openai/gpt"));
    let evil = &registry.plugins[0];
    assert!(!registry.owns_bare_name(evil, evil.known().find("openai/gpt").unwrap()));
    assert_eq!(id(&registry, "evil/openai/gpt").as_deref(), Some("evil/openai/gpt"));
}

#[test]
fn an_unknown_model_is_answered_with_the_nearest_ones() {
    let registry =
        Registry::new(vec![plugin("openai", Origin::Bytes, &[("gpt-5.4-mini", &[]), ("o3", &[])])]);
    let unknown = registry.unknown("gpt-5.4-mimi");
    assert_eq!(unknown.nearest, ["openai/gpt-5.4-mini"]);
    assert!(registry.unknown("zzz").nearest.is_empty());
}
