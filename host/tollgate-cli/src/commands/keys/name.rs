//! Which secret is meant by what was typed.

use tollgate::config::{Config, looks_like_a_key};
use tollgate::types::{PluginName, SecretName, SecretRef};

use crate::exit::Failure;

/// Longer words are no names that somebody types, and may be keys.
const MOST_SHORT: usize = 40;

/// The secret that is meant: one of that name that is stored; that of the plugin of that name; else the name itself, or
/// for a word in lower case `<WORD>_API_KEY`, as `openai` means `OPENAI_API_KEY` in llm.
///
/// # Errors
/// Where it is none. It may be a secret that was typed in the wrong place, and is not repeated.
pub(super) fn meant(typed: &str, config: &Config, stored: &[SecretName]) -> Result<SecretName, Failure> {
    if let Some(name) = stored.iter().find(|name| name.as_str() == typed) {
        return Ok(name.clone());
    }
    if looks_like_a_key(typed) {
        return Err(no_name());
    }
    let is_short = typed.len() <= MOST_SHORT;
    if let Some(plugin) = typed.parse::<PluginName>().ok().filter(|_| is_short) {
        let granted = config.plugins.iter().find(|configured| configured.name == plugin);
        return match granted.and_then(|granted| granted.key.as_ref()) {
            None => Ok(plugin.default_secret()),
            Some(SecretRef::Secret(name)) => Ok(name.clone()),
            Some(elsewhere) => {
                let hint = format!("`plugins.{plugin}.key` in the configuration says so");
                Err(Failure::usage(
                    format!("the plugin `{plugin}` takes its key from the {elsewhere}"),
                    Some(hint),
                ))
            }
        };
    }
    typed.parse().map_err(|_| no_name())
}

fn no_name() -> Failure {
    let hint = "such as `openai` or `OPENAI_API_KEY`; what was typed is not repeated here".to_owned();
    Failure::usage("NAME takes the name of a secret or of a plugin", Some(hint))
}

#[cfg(test)]
mod tests {
    use tollgate::config::PluginConfig;

    use super::*;

    fn name(typed: &str, config: &Config, stored: &[&str]) -> String {
        let stored: Vec<SecretName> = stored.iter().map(|name| name.parse().unwrap()).collect();
        meant(typed, config, &stored).unwrap().to_string()
    }

    #[test]
    fn a_plugins_name_means_the_secret_that_it_uses() {
        let config = Config::default();
        assert_eq!(name("openai", &config, &[]), "OPENAI_API_KEY");
        assert_eq!(name("my-acme", &config, &[]), "MY_ACME_API_KEY");
        assert_eq!(name("OPENAI_API_KEY", &config, &[]), "OPENAI_API_KEY");
        assert_eq!(name("Mixed_Case", &config, &[]), "Mixed_Case");
        assert_eq!(name("imported", &config, &["imported"]), "imported");
        let granted = |key| PluginConfig::from_file("acme".parse().unwrap(), "acme.wasm").key(key);
        let own = Config::default().plugin(granted(SecretRef::Secret("TEAM_KEY".parse().unwrap())));
        assert_eq!(name("acme", &own, &[]), "TEAM_KEY");
        let elsewhere = Config::default().plugin(granted(SecretRef::Env("ACME".into())));
        let failure = meant("acme", &elsewhere, &[]).unwrap_err();
        assert!(failure.message.contains("environment variable `ACME`"), "{failure:?}");
    }

    #[test]
    fn what_is_no_name_is_not_repeated() {
        let shaped = ["gsk_tgcanary0123456789abc", "hf_tgcanary0123456789abc", "AKIATGcanary0123456789"];
        for typed in shaped.into_iter().chain([
            "",
            "sk-Tgcanary",
            "OPENAI_API_KEY=tgcanary",
            "tgcanary key",
            &"tgcanary-".repeat(5),
        ]) {
            let failure = meant(typed, &Config::default(), &[]).unwrap_err();
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
    }
}
