//! What the policy costs where there is much of it: a thousand models, a hundred purposes, and no hook.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use tollgate::config::Config;
use tollgate::policy::{ModelRef, ModelRules, Named, PurposeRules};
use tollgate::types::{Actor, Place, SecretRef};
use tollgate::{Host, MemoryKeys};
use tollgate_tests::models::{Models, Spec};

use super::Scale;
use super::samples::Samples;
use super::table::{Row, Target, Unit};

const MODELS: usize = 1000;
const PURPOSES: usize = 100;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let runtime = super::runtime()?;
    let begun = Instant::now();
    let host = runtime.block_on(host())?;
    let built = begun.elapsed();
    let (rounds, each) = scale.pick((20, 200), (500, 5000));
    let (mut listing, mut resolving, mut reloading) = Default::default();
    let actor = Actor::new("alice")?;
    runtime.block_on(async {
        for round in 0..rounds {
            let purpose = format!("purpose-{}", round % PURPOSES);
            let wish = host.models().purpose(purpose).actor(actor.clone());
            let begun = Instant::now();
            let listed = wish.list().await?;
            Samples::push(&mut listing, begun.elapsed());
            ensure!(listed.len() > MODELS / 2, "{} models", listed.len());
        }
        for round in 0..each {
            let (model, purpose) = (round * 7 % MODELS, format!("purpose-{}", round % PURPOSES));
            let wish = host.model().id(format!("model-{model}")).purpose(purpose).actor(actor.clone());
            let begun = Instant::now();
            let resolved = wish.resolve().await;
            Samples::push(&mut resolving, begun.elapsed());
            ensure!(resolved.is_ok() == (model % 10 != 0 && model != 999), "model-{model}");
        }
        for _ in 0..scale.pick(3, 20) {
            let config = config()?;
            let begun = Instant::now();
            host.reload(config).await?;
            Samples::push(&mut reloading, begun.elapsed());
        }
        Ok(())
    })?;
    let time = |what: &str, samples: &Samples, percent| {
        Row::new(format!("{what}, p{percent}"), Unit::Time, samples.percentile(percent), samples.count())
    };
    Ok(vec![
        time("listing for one purpose", &listing, 50).target(Target::AtMost(1e6)),
        time("listing for one purpose", &listing, 99),
        time("resolving one model", &resolving, 50).target(Target::AtMost(20e3)),
        time("resolving one model", &resolving, 99),
        time("taking the same configuration anew", &reloading, 50),
        Row::new("building the host", Unit::Time, built.as_secs_f64() * 1e9, 1),
    ])
}

async fn host() -> Result<Host> {
    let names: Vec<String> = (0..MODELS).map(|number| format!("model-{number}")).collect();
    let aliases: Vec<String> = (0..MODELS).map(|number| format!("m{number}")).collect();
    let aliases: Vec<[&str; 1]> = aliases.iter().map(|alias| [alias.as_str()]).collect();
    let models: Vec<Spec<'_>> =
        names.iter().zip(&aliases).map(|(name, alias)| (name.as_str(), &alias[..], true)).collect();
    let keys = MemoryKeys::default().with(SecretRef::Secret("BIG_API_KEY".parse()?), "a-key-of-no-use");
    let builder = Host::builder().config(config()?).provider("big".parse()?, Models::provider(&models));
    Ok(builder.keys(Arc::new(keys)).concurrent_calls(16).build().await?)
}

/// Every purpose allows nine models of ten, each by its alias, blocks one more, and has a default.
fn config() -> Result<Config> {
    let named = |name: String| Named::new(name, Place::default());
    let allowed = |model: usize| ModelRef::new(named(format!("m{model}")));
    let mut rules = ModelRules::default();
    for purpose in 0..PURPOSES {
        let mut purpose = PurposeRules::new(format!("purpose-{purpose}").parse()?);
        purpose.model = Some(allowed(1));
        purpose.models = Some((0..MODELS).filter(|model| model % 10 != 0).map(allowed).collect());
        purpose.blocked_models = vec![named("m999".to_owned())];
        rules.purposes.push(purpose);
    }
    Ok(Config::default().models(rules))
}
