use super::*;

fn model(name: &str) -> wit::Model {
    wit::Model {
        name: name.into(),
        aliases: Vec::new(),
        display_name: None,
        key_slot: None,
        capabilities: Vec::new(),
        attachments: Vec::new(),
        options: Vec::new(),
        context_window: None,
        max_output_tokens: None,
    }
}

fn described() -> wit::Description {
    wit::Description {
        name: "acme".into(),
        version: "1".into(),
        summary: String::new(),
        homepage: None,
        key_slots: Vec::new(),
        endpoints: Vec::new(),
        settings: Vec::new(),
        models: vec![model("one")],
        lists_models: false,
    }
}

fn slot(placement: wit::Placement) -> wit::KeySlot {
    wit::KeySlot { name: "key".into(), placement, obtain: None }
}

fn header(name: &str, prefix: &str) -> wit::Placement {
    wit::Placement::Header(wit::HeaderPlacement { name: name.into(), prefix: prefix.into() })
}

#[test]
fn a_sound_description_passes() {
    let mut sound = described();
    sound.key_slots = vec![slot(header("x-api-key", ""))];
    sound.models = vec![wit::Model { key_slot: Some("key".into()), ..model("one") }];
    let description = description(sound).unwrap();
    assert_eq!(description.models[0].key_slot.as_ref().unwrap().as_str(), "key");
}

#[test]
fn model_lists_are_bounded_and_without_look_alikes_or_doubles() {
    // P14, P15
    for names in [vec!["gpt\u{430}"], vec!["a", "a"], vec![" a"], vec![""], vec!["../\u{0}"]] {
        let list = names.iter().map(|name| model(name)).collect();
        assert!(models(list).is_err(), "{names:?}");
    }
    let thousands = (0..1001).map(|index| model(&format!("m{index}"))).collect();
    assert!(models(thousands).unwrap_err().contains("1000 is the most"));
}

#[test]
fn a_key_goes_into_a_header_and_nowhere_else() {
    for placement in [
        wit::Placement::Other("query".into()),
        header("host", ""),
        header("Content-Length", ""),
        header("bad header", ""),
        header("x-key", "a\r\nb: "),
    ] {
        let mut described = described();
        described.key_slots = vec![slot(placement)];
        assert!(description(described).is_err());
    }
}

#[test]
fn a_model_cannot_need_a_slot_that_is_not_described() {
    let mut described = described();
    described.models = vec![wit::Model { key_slot: Some("other".into()), ..model("one") }];
    assert!(description(described).unwrap_err().contains("`other`"));
}

#[test]
fn texts_for_people_lose_what_steers_a_terminal() {
    // P16
    let mut described = described();
    described.name = "\x1b]0;x\x07acme".into();
    described.summary = "line\nbreak \u{202e}".into();
    let description = description(described).unwrap();
    assert!(!description.name.contains('\x1b') && !description.summary.contains(['\n', '\u{202e}']));
}

#[test]
fn an_option_of_a_kind_unknown_here_is_taken_as_json() {
    let spec =
        |name: &str, kind| wit::OptionSpec { name: name.into(), summary: String::new(), kind, default: None };
    assert_eq!(
        option_spec(spec("x_1", wit::OptionKind::Other("matrix".into()))).unwrap().kind,
        OptionKind::Json
    );
    assert!(option_spec(spec("X-1", wit::OptionKind::Text)).is_err());
}
