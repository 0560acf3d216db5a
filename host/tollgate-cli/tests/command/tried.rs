//! `--plugin NAME=FILE --origin URL`: a component for one run.

use crate::kit::{Home, component};

#[test]
fn a_component_is_tried_without_a_configuration() {
    let home = Home::new();
    let file = component(&home, "echo", "acme.wasm");
    let plugin = format!("acme={}", file.display());
    let answer = home.run(&["prompt", "--plugin", &plugin, "-m", "acme/echo", "--json", "hi"]).ran().json();
    assert_eq!((&answer["plugin"], &answer["model"]), (&"acme".into(), &"acme/echo".into()));
    // the bare name stays with the built-in
    let bare = home.run(&["prompt", "--plugin", &plugin, "-m", "echo", "--json", "hi"]).ran().json();
    assert_eq!(bare["plugin"], "echo");
}

#[test]
fn a_tried_component_reaches_what_was_typed_and_its_key_never_goes_in_the_clear() {
    let home = Home::new();
    let file = component(&home, "openai", "acme.wasm");
    let plugin = format!("acme={}", file.display());
    let origins = ["--origin", "https://api.acme.test", "--origin", "http://localhost:9000"];
    let arguments = [&["plugins", "list", "--json", "--plugin", plugin.as_str()][..], &origins].concat();
    let listed = home.run(&arguments).ran().json();
    let acme = listed.as_array().unwrap().iter().find(|plugin| plugin["name"] == "acme").unwrap();
    assert_eq!(acme["origins"][0]["origin"], "https://api.acme.test");
    assert_eq!(acme["origins"][0]["carries_key"], true);
    assert_eq!(acme["origins"][1]["carries_key"], false);
    let places = acme["keys"].as_array().unwrap();
    assert!(
        places.len() == 1 && places[0].as_str().unwrap().contains("TOLLGATE_SECRETS_ACME_API_KEY"),
        "{places:?}"
    );
}

#[test]
fn what_cannot_be_tried_is_a_mistake_of_usage() {
    let home = Home::new();
    let file = component(&home, "echo", "acme.wasm");
    let plugin = format!("acme={}", file.display());
    let config = home.write("c.yaml", "plugins: {acme: {source: builtin:echo}}\n");
    let config = config.to_str().unwrap();
    for (arguments, message) in [
        (&["models", "--plugin", &plugin, "--config", config][..], "has a plugin `acme` already"),
        (&["models", "--plugin", &plugin, "--origin", "http://gpu.lan:8000"], "unencrypted"),
        (&["models", "--plugin", "acme=nowhere.wasm"], "cannot read nowhere.wasm"),
        (&["models", "--plugin", "acme.wasm"], "write a name and a file"),
        (&["models", "--origin", "https://api.acme.test"], "--plugin"),
        (&["models", "--plugin", &plugin, "--origin", "https://*.acme.test"], "--origin"),
    ] {
        let ran = home.run(arguments).ran();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains(message), "{ran:?}");
    }
}

#[test]
fn a_component_that_reaches_for_what_was_not_granted_is_refused() {
    let home = Home::new();
    let file = component(&home, "openai", "acme.wasm");
    let plugin = format!("acme={}", file.display());
    let arguments = ["prompt", "--json", "--plugin", &plugin, "-m", "acme/gpt-4o", "hi"];
    let ran = home.run(&arguments).env("TOLLGATE_SECRETS_ACME_API_KEY", "tgcanary-key-of-the-tests").ran();
    let error = ran.error();
    assert_eq!((ran.code, error["kind"].as_str()), (Some(3), Some("denied")), "{ran:?}");
    assert!(error["message"].as_str().unwrap().contains("acme"), "{ran:?}");
}
