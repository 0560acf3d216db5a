//! A native provider of any models, which answers with the model's name.

use std::sync::Arc;

use futures_util::stream;
use tollgate::types::{Description, Event, FinishReason, KeySlot, Model, ModelName, Placement, Prompt};
use tollgate::{Call, EventStream, Provider, ProviderError};

/// The provider.
#[derive(Debug)]
pub struct Models(Description);

/// One model: its name, its other names, whether it needs a key.
pub type Spec<'a> = (&'a str, &'a [&'a str], bool);

impl Models {
    /// A provider of these.
    pub fn provider(models: &[Spec<'_>]) -> Arc<dyn Provider> {
        let mut description = Description::new("models");
        let placement = Placement { header: "authorization".parse().unwrap(), prefix: String::new() };
        description.key_slots = vec![KeySlot { name: "key".parse().unwrap(), placement, obtain: None }];
        description.models = models.iter().map(model).collect();
        Arc::new(Self(description))
    }
}

fn model((name, aliases, keyed): &Spec<'_>) -> Model {
    let mut model = Model::new(name.parse().unwrap());
    model.aliases = aliases.iter().map(|alias| alias.parse().unwrap()).collect();
    model.key_slot = keyed.then(|| "key".parse().unwrap());
    model
}

#[async_trait::async_trait]
impl Provider for Models {
    fn description(&self) -> &Description {
        &self.0
    }

    async fn models(&self, _: Call) -> Result<Vec<Model>, ProviderError> {
        Ok(self.0.models.clone())
    }

    async fn complete(&self, call: Call, model: ModelName, _: Prompt) -> Result<EventStream, ProviderError> {
        // which key came along is told by its place, which is all that anybody may know of it
        let key = call.credential.map_or_else(|| "no key".to_owned(), |key| key.source().to_string());
        let text = Event::Text { part: 0, text: format!("{model} with {key}"), signature: None };
        let batch = Ok(vec![text, Event::Finish(FinishReason::Stop)]);
        Ok(Box::pin(stream::iter([batch])))
    }
}
