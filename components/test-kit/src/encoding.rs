//! The spellings in which a key can come back: what a hostile vendor writes, and what a scan looks for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A way to write bytes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// As they are.
    Raw,
    /// Back to front.
    Reversed,
    /// Base64 with `+` and `/`, padded.
    Base64,
    /// Base64 with `-` and `_`, without padding.
    Base64Url,
    /// Hexadecimal, `a` to `f`.
    Hex,
    /// Hexadecimal, `A` to `F`.
    HexUpper,
    /// Every byte as `%xx`.
    Percent,
    /// Every byte as `%XX`.
    PercentUpper,
    /// Every byte as JSON's `\u00xx`.
    Json,
    /// Every byte as JSON's `\u00XX`.
    JsonUpper,
    /// Every byte as HTML's `&#nnn;`.
    Html,
    /// Every byte as HTML's `&#xnn;`.
    HtmlHex,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Raw,
        Self::Reversed,
        Self::Base64,
        Self::Base64Url,
        Self::Hex,
        Self::HexUpper,
        Self::Percent,
        Self::PercentUpper,
        Self::Json,
        Self::JsonUpper,
        Self::Html,
        Self::HtmlHex,
    ];

    /// Writes the bytes down so.
    #[must_use]
    pub fn encode(self, bytes: &[u8]) -> String {
        let each = |write: fn(u8) -> String| bytes.iter().copied().map(write).collect();
        match self {
            Self::Raw => String::from_utf8_lossy(bytes).into_owned(),
            Self::Reversed => bytes.iter().rev().copied().map(char::from).collect(),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
            Self::Hex => each(|byte| format!("{byte:02x}")),
            Self::HexUpper => each(|byte| format!("{byte:02X}")),
            Self::Percent => each(|byte| format!("%{byte:02x}")),
            Self::PercentUpper => each(|byte| format!("%{byte:02X}")),
            Self::Json => each(|byte| format!("\\u{byte:04x}")),
            Self::JsonUpper => each(|byte| format!("\\u{byte:04X}")),
            Self::Html => each(|byte| format!("&#{byte};")),
            Self::HtmlHex => each(|byte| format!("&#x{byte:x};")),
        }
    }
}
