//! Texts that look like a vendor's key, pasted where only a key's name belongs.
//!
//! Only prefixes that vendors document count, each with as much after it as a real key has at the least: digests,
//! UUIDs and model names have to pass. This is a seat belt for people, not a wall: it finds no key that has no prefix.

/// A known beginning of keys.
struct Shape {
    prefix: &'static str,
    /// How many key characters follow at the least.
    least: usize,
    /// Whether the prefix is too common a text, so that the rest has to look random as well.
    weak: bool,
}

const fn strong(prefix: &'static str, least: usize) -> Shape {
    Shape { prefix, least, weak: false }
}

const fn weak(prefix: &'static str, least: usize) -> Shape {
    Shape { prefix, least, weak: true }
}

/// The longer of two that begin alike comes first.
const SHAPES: &[Shape] = &[
    strong("sk-ant-", 16),                       // Anthropic
    strong("sk-proj-", 16),                      // OpenAI, of a project
    strong("sk-svcacct-", 16),                   // OpenAI, of a service account
    strong("sk-admin-", 16),                     // OpenAI, of an administrator
    strong("sk-or-", 16),                        // OpenRouter
    strong("sk-", 16),                           // OpenAI and many after it
    strong("AIza", 30),                          // Google
    strong("ya29.", 20),                         // Google OAuth
    strong("xoxa-", 10),                         // Slack
    strong("xoxb-", 10),                         //
    strong("xoxp-", 10),                         //
    strong("xoxr-", 10),                         //
    strong("xoxs-", 10),                         //
    strong("xapp-", 10),                         //
    strong("ghp_", 20),                          // GitHub
    strong("gho_", 20),                          //
    strong("ghu_", 20),                          //
    strong("ghs_", 20),                          //
    strong("ghr_", 20),                          //
    strong("github_pat_", 20),                   //
    strong("glpat-", 16),                        // GitLab
    strong("gsk_", 20),                          // Groq
    strong("nvapi-", 20),                        // NVIDIA
    strong("pplx-", 20),                         // Perplexity
    strong("tgp_v1_", 20),                       // Together
    strong("sk_live_", 16),                      // Stripe
    strong("sk_test_", 16),                      //
    strong("rk_live_", 16),                      //
    strong("npm_", 30),                          // npm
    strong("pypi-", 40),                         // PyPI
    strong("dop_v1_", 30),                       // DigitalOcean
    strong("SG.", 30),                           // SendGrid
    strong("AKIA", 16),                          // AWS
    strong("ASIA", 16),                          //
    strong("eyJhbGciOi", 20),                    // a signed JSON token
    strong("-----BEGIN PRIVATE KEY", 0),         // PEM
    strong("-----BEGIN RSA PRIVATE KEY", 0),     //
    strong("-----BEGIN EC PRIVATE KEY", 0),      //
    strong("-----BEGIN OPENSSH PRIVATE KEY", 0), //
    weak("xai-", 20),                            // xAI
    weak("hf_", 20),                             // Hugging Face
    weak("r8_", 20),                             // Replicate
    weak("fw_", 20),                             // Fireworks
    weak("csk-", 20),                            // Cerebras
    weak("tvly-", 16),                           // Tavily
    weak("dapi", 30),                            // Databricks
];

/// Whether a text seems to be, or to have in it, a known vendor's key. A seat belt for people: it finds no key that has no
/// prefix of its own.
///
/// # Examples
/// ```
/// assert!(tollgate::config::looks_like_a_key("sk-proj-0123456789abcdef0123"));
/// assert!(!tollgate::config::looks_like_a_key("OPENAI_API_KEY"));
/// ```
#[must_use]
pub fn looks_like_a_key(text: &str) -> bool {
    prefix(text).is_some()
}

/// The prefix of the first key that seems to be in `text`, at its beginning or after a character that no key has.
pub(super) fn prefix(text: &str) -> Option<&'static str> {
    let inside_word = |before: &str| before.chars().next_back().is_some_and(char::is_alphanumeric);
    SHAPES
        .iter()
        .find(|shape| {
            text.match_indices(shape.prefix).any(|(at, prefix)| {
                match (text.get(..at), text.get(at + prefix.len()..)) {
                    (Some(before), Some(rest)) => !inside_word(before) && shape.fits(rest),
                    _ => false,
                }
            })
        })
        .map(|shape| shape.prefix)
}

impl Shape {
    fn fits(&self, rest: &str) -> bool {
        // no more than decides: a long text of many beginnings is not to be read again for each
        let end = rest.bytes().take(256).position(|byte| !is_key_byte(byte)).unwrap_or(rest.len().min(256));
        let body = rest.as_bytes().get(..end).unwrap_or_default();
        body.len() >= self.least && (!self.weak || body.split(|byte| b"-_.".contains(byte)).any(looks_random))
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.+/=".contains(&byte)
}

/// Whether a stretch of letters and digits is long and mixed, as words and version numbers are not.
fn looks_random(run: &[u8]) -> bool {
    run.len() >= 8 && run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests;
