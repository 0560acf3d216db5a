//! Constructors of what a provider says of itself.

use crate::types::{
    Capability, Description, Endpoint, HeaderPlacement, IntegerRange, KeySlot, Model, NumberRange,
    OptionKind, OptionSpec, Placement,
};

impl Description {
    /// A description of nothing but a name: no key, no request, no setting, no model.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: String::new(),
            summary: String::new(),
            homepage: None,
            key_slots: Vec::new(),
            endpoints: Vec::new(),
            settings: Vec::new(),
            models: Vec::new(),
            lists_models: false,
        }
    }
}

impl KeySlot {
    /// A credential that the host puts into the header `header`, behind `prefix` (such as `Bearer `, with its space).
    pub fn header(name: impl Into<String>, header: impl Into<String>, prefix: impl Into<String>) -> Self {
        let placement = Placement::Header(HeaderPlacement { name: header.into(), prefix: prefix.into() });
        Self { name: name.into(), placement, obtain: None }
    }

    /// Says where a person gets such a credential.
    #[must_use]
    pub fn obtained_at(mut self, url: impl Into<String>) -> Self {
        self.obtain = Some(url.into());
        self
    }
}

impl Endpoint {
    /// A `GET` of this path.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET".to_owned(), path: path.into() }
    }

    /// A `POST` to this path.
    pub fn post(path: impl Into<String>) -> Self {
        Self { method: "POST".to_owned(), path: path.into() }
    }
}

impl Model {
    /// A model with this name that streams and takes system messages, and of which nothing else is said.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            display_name: None,
            key_slot: None,
            capabilities: vec![Capability::Streaming, Capability::System],
            attachments: Vec::new(),
            options: Vec::new(),
            context_window: None,
            max_output_tokens: None,
        }
    }
}

impl OptionSpec {
    /// An option of any kind.
    pub fn new(name: impl Into<String>, summary: impl Into<String>, kind: OptionKind) -> Self {
        Self { name: name.into(), summary: summary.into(), kind, default: None }
    }

    /// True or false.
    pub fn boolean(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(name, summary, OptionKind::Boolean)
    }

    /// Any text.
    pub fn text(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(name, summary, OptionKind::Text)
    }

    /// A JSON value.
    pub fn json(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::new(name, summary, OptionKind::Json)
    }

    /// A whole number, within the bounds that are given.
    pub fn integer(
        name: impl Into<String>,
        summary: impl Into<String>,
        minimum: Option<i64>,
        maximum: Option<i64>,
    ) -> Self {
        Self::new(name, summary, OptionKind::Integer(IntegerRange { minimum, maximum }))
    }

    /// A number, within these bounds.
    pub fn number(name: impl Into<String>, summary: impl Into<String>, minimum: f64, maximum: f64) -> Self {
        let range = NumberRange { minimum: Some(minimum), maximum: Some(maximum) };
        Self::new(name, summary, OptionKind::Number(range))
    }

    /// One of these texts.
    pub fn choice(name: impl Into<String>, summary: impl Into<String>, choices: &[&str]) -> Self {
        Self::new(
            name,
            summary,
            OptionKind::Choice(choices.iter().map(|&choice| choice.to_owned()).collect()),
        )
    }

    /// One or more texts, at most `most`.
    pub fn texts(name: impl Into<String>, summary: impl Into<String>, most: u32) -> Self {
        Self::new(name, summary, OptionKind::Texts(most))
    }

    /// Says what happens without it.
    #[must_use]
    pub fn default(mut self, default: impl Into<String>) -> Self {
        self.default = Some(default.into());
        self
    }
}
