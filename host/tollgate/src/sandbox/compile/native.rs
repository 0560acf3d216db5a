//! Native code, and the one place where it becomes a component that runs.

use bytes::Bytes;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::CompileError;
use super::refusal::refusal;

/// Native code that the compiler of this very host made, of this build and for this engine's configuration.
///
/// It is made in three places, each of which vouches for that: here, of what the compiler returns; in `process`, of what
/// the host's own child wrote into the pipe that the host made for it; in `entry`, of bytes whose MAC was right under the
/// host's own key.
#[derive(Debug, Clone)]
pub(super) struct Native(Bytes);

impl Native {
    /// Takes bytes in; the caller vouches for them.
    pub(super) fn vouched(code: Bytes) -> Self {
        Self(code)
    }

    /// Compiles in this process.
    pub(super) fn compile(engine: &Engine, component: &[u8]) -> Result<Self, CompileError> {
        let code = engine.precompile_component(component);
        code.map(|code| Self(code.into())).map_err(|error| refusal(&error, component))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The component. Its bytes are copied into memory of wasmtime's, which then becomes executable: nothing on disk is
    /// mapped that could change below it.
    ///
    /// # Errors
    /// Where the code was made for another engine.
    pub(super) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[expect(unsafe_code, reason = "wasmtime cannot tell whether native code is its own; this type can")]
        // SAFETY: `deserialize` needs what `precompile_component` made, unchanged. A `Native` is nothing else: it comes
        // from that call in this process, from the same call in a child of this host over a pipe that nobody else has an
        // end of, or from a cache entry that carries an HMAC-SHA256, over all of these bytes and over the component's
        // digest, the engine's configuration and the host's version, under a key that only this user's hosts can read;
        // and the MAC was checked on the very bytes in memory that are handed over here. Code for another version of
        // wasmtime or another configuration is refused by `deserialize` itself.
        unsafe {
            Component::deserialize(engine, &self.0)
        }
    }
}
