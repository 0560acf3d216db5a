use tollgate::types::Caller;

use super::*;

fn secret(name: &str) -> SecretRef {
    SecretRef::Secret(name.parse().unwrap())
}

fn keys(variables: &[(&str, &str)]) -> EnvKeys {
    let env = Env::fixed(variables);
    let vault = Vault::new(env.clone(), Holder::find(None, &env));
    EnvKeys::new(env, vault)
}

/// Keys whose llm directory has this `keys.json`.
fn llm(text: &str) -> (tempfile::TempDir, EnvKeys) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("keys.json"), text).unwrap();
    let path = dir.path().to_str().unwrap();
    let keys = keys(&[("LLM_USER_PATH", path)]);
    (dir, keys)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn is_set(keys: &EnvKeys, key: &SecretRef) -> bool {
    block_on(keys.contains(key, &Caller::default())).unwrap()
}

#[test]
fn a_secret_is_one_of_two_variables() {
    assert!(is_set(&keys(&[("TOLLGATE_SECRETS_A", "1")]), &secret("A")));
    assert!(is_set(&keys(&[("DATASETTE_SECRETS_A", "1")]), &secret("A")));
    assert!(!is_set(&keys(&[("A", "1"), ("TOLLGATE_SECRETS_AB", "1")]), &secret("A")));
}

#[test]
fn an_empty_variable_is_no_key() {
    assert!(!is_set(&keys(&[("TOLLGATE_SECRETS_A", ""), ("DATASETTE_SECRETS_A", "  ")]), &secret("A")));
    assert!(is_set(&keys(&[("TOLLGATE_SECRETS_A", ""), ("DATASETTE_SECRETS_A", "1")]), &secret("A")));
}

#[test]
fn a_variable_is_that_variable_alone() {
    let keys = keys(&[("OPENAI_API_KEY", "1")]);
    assert!(is_set(&keys, &SecretRef::Env("OPENAI_API_KEY".into())));
    assert!(!is_set(&keys, &secret("OPENAI_API_KEY")));
    assert!(!is_set(&keys, &SecretRef::Llm("openai".into())));
}

#[test]
fn llms_entries_are_read_from_its_file() {
    let (_dir, keys) = llm(r#"{"// Note": "x", "openai": "tgcanary", "empty": "", "other": 5}"#);
    assert!(is_set(&keys, &SecretRef::Llm("openai".into())));
    assert!(!is_set(&keys, &SecretRef::Llm("empty".into())));
    assert!(!is_set(&keys, &SecretRef::Llm("absent".into())));
    let error = block_on(keys.get(&SecretRef::Llm("other".into()), &Caller::default())).unwrap_err();
    assert!(error.reason.ends_with("keys.json: the entry is no text"), "{error}");
}

#[test]
fn a_broken_file_of_keys_is_an_error_that_repeats_nothing() {
    let (_dir, keys) = llm("{\"openai\":\n \"tgcanary\",,}");
    let error =
        block_on(keys.get(&SecretRef::Llm("openai".into()), &Caller::default())).unwrap_err().to_string();
    assert!(error.contains("keys.json:2: no JSON object") && !error.contains("tgcanary"), "{error}");
}

#[test]
fn no_file_of_keys_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(&[("LLM_USER_PATH", dir.path().to_str().unwrap())]);
    assert!(!is_set(&keys, &SecretRef::Llm("openai".into())));
}

#[cfg(unix)]
#[test]
fn a_file_of_keys_that_others_can_write_is_an_error_and_no_absence() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, keys) = llm(r#"{"openai": "tgcanary"}"#);
    let file = dir.path().join("keys.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o646)).unwrap();
    let error = block_on(keys.contains(&SecretRef::Llm("openai".into()), &Caller::default())).unwrap_err();
    assert!(error.to_string().contains("others can write it"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(is_set(&keys, &SecretRef::Llm("openai".into())));
}

#[test]
fn a_hint_names_every_variable_that_is_looked_at() {
    // K-07
    let hint = keys(&[]).hint(&secret("OPENAI_API_KEY"));
    assert_eq!(
        hint,
        "the variables `TOLLGATE_SECRETS_OPENAI_API_KEY` and `DATASETTE_SECRETS_OPENAI_API_KEY`, then the stored secrets \
         (`tollgate keys set OPENAI_API_KEY`)"
    );
}
