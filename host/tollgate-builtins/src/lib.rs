//! The components that come with tollgate, as bytes with their digests.
//!
//! They are plugins like any other: they run in the same sandbox and pass the same gate. What they have beyond others
//! is that the host knows their bytes. So an unmodified one may be trusted with what its user already has for that
//! vendor: the vendor's own origin, and the key under the names where people keep it.
//!
//! They are a crate of their own, so that whoever embeds tollgate has them, too, and so that the library builds without
//! a WebAssembly toolchain. The build script compiles them; nothing binary is in the repository.

mod bundled {
    include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
}

use tollgate::types::Digest;

/// A component that comes with tollgate.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Builtin {
    /// The name under which it is installed where the configuration does not say otherwise.
    pub name: &'static str,
    /// The name that `source: builtin:…` gives it in the configuration.
    pub component: &'static str,
    /// The component.
    pub bytes: &'static [u8],
    /// The SHA-256 digest of `bytes`.
    pub digest: Digest,
    /// The origins of its vendor, granted where the configuration names none.
    pub origins: &'static [&'static str],
    /// The entry of `llm`'s key store that holds a key for its slot.
    pub llm_entry: Option<&'static str>,
    /// The environment variable in which people keep a key for its slot.
    pub env_variable: Option<&'static str>,
}

/// Without the bytes.
impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builtin")
            .field("name", &self.name)
            .field("component", &self.component)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

static ALL: [Builtin; 2] = [
    Builtin {
        name: "echo",
        component: "provider-echo",
        bytes: bundled::PROVIDER_ECHO.0,
        digest: Digest::new(bundled::PROVIDER_ECHO.1),
        origins: &[],
        llm_entry: Some("echo-needs-key"),
        env_variable: Some("LLM_ECHO_NEEDS_KEY_KEY"),
    },
    Builtin {
        name: "openai",
        component: "provider-openai",
        bytes: bundled::PROVIDER_OPENAI.0,
        digest: Digest::new(bundled::PROVIDER_OPENAI.1),
        origins: &["https://api.openai.com"],
        llm_entry: Some("openai"),
        env_variable: Some("OPENAI_API_KEY"),
    },
];

/// All of them, in the order in which they claim the bare names of models.
#[must_use]
pub fn all() -> &'static [Builtin] {
    &ALL
}

/// The one that is installed under this name.
///
/// # Examples
///
/// ```
/// let openai = tollgate_builtins::get("openai").expect("it comes with tollgate");
/// assert_eq!(openai.origins, ["https://api.openai.com"]);
/// ```
#[must_use]
pub fn get(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|builtin| builtin.name == name)
}

#[cfg(test)]
mod tests;
