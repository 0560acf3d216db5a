//! Why the compiler refused a component, in words that name what it needs and who could give it.
//!
//! The compiler's own words say where it stopped, often not why. Which proposals a component uses, a validator tells:
//! whatever is sound with all of them and not without one, needs that one. It is asked where the component was compiled,
//! since it costs no less there.

use wasmparser::{Validator, WasmFeatures};

use super::CompileError;
use crate::types::printable;

/// The proposals that this host does not run.
const OFF: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::MEMORY_CONTROL, "memory-control"),
    (WasmFeatures::GC, "gc"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom-descriptors"),
    (WasmFeatures::FUNCTION_REFERENCES, "function-references"),
    (WasmFeatures::EXCEPTIONS, "exceptions"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy-exceptions"),
    (WasmFeatures::STACK_SWITCHING, "stack-switching"),
    (WasmFeatures::TAIL_CALL, "tail-calls"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic"),
    (WasmFeatures::CM_ASYNC, "component-model-async"),
    (WasmFeatures::CM_THREADING, "component-model-threading"),
    (WasmFeatures::CM_ERROR_CONTEXT, "component-model-error-context"),
    (WasmFeatures::CM_VALUES, "component-model-values"),
    (WasmFeatures::CM_GC, "component-model-gc"),
    (WasmFeatures::CM64, "component-model-memory64"),
];

/// Larger components are not looked through once for every proposal: what the compiler said has to do.
const MOST_BYTES: usize = 4 << 20;

/// What the compiler says of what the pool has no room for, and what would change that.
const TOLD: &[(&str, &str)] = &[
    ("memory has a minimum byte size", "; the embedder's `EngineOptions::memory_mib` raises that"),
    ("minimum element size", "; the embedder's `EngineOptions::table_elements` raises that"),
    ("component instance size does not fit", ", which is the same for all plugins"),
];

/// Why the compiler refused these bytes.
pub(super) fn refusal(error: &wasmtime::Error, component: &[u8]) -> CompileError {
    let proposals = proposals(component);
    if proposals.is_empty() { misfit(error) } else { CompileError::Proposals(proposals.join("`, `")) }
}

/// Why compiled code, or what there is of it, does not fit into the engine. wasmtime's words repeat names that strangers
/// chose.
pub(super) fn misfit(error: &wasmtime::Error) -> CompileError {
    let said = printable(&format!("{error:#}"), 400);
    let way_out = TOLD.iter().find(|(words, _)| said.contains(words)).map_or("", |(_, way_out)| way_out);
    CompileError::Refused(format!("{said}{way_out}"))
}

/// Which of the proposals these bytes are not sound without; none where they are not sound at all.
fn proposals(bytes: &[u8]) -> Vec<&'static str> {
    let is_sound =
        |features: WasmFeatures| Validator::new_with_features(features).validate_all(bytes).is_ok();
    let all = WasmFeatures::all();
    if bytes.len() > MOST_BYTES || !is_sound(all) {
        return Vec::new();
    }
    let needed = OFF.iter().filter(|(proposal, _)| !is_sound(all.difference(*proposal)));
    needed.map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_pool_has_no_room_for_names_who_has_more() {
        for (words, way_out) in TOLD {
            let shown = misfit(&wasmtime::Error::msg(format!("it {words} of 9"))).to_string();
            assert!(shown.contains(words) && shown.contains(way_out), "{shown}");
        }
        let other = refusal(&wasmtime::Error::msg("function 7 is odd"), b"no component").to_string();
        assert!(other.ends_with("function 7 is odd"), "{other}");
    }

    #[test]
    fn a_component_without_proposals_names_none() {
        // R27: an empty component, and one with a module that has a shared memory
        assert_eq!(proposals(b"\0asm\x0d\0\x01\0"), Vec::<&str>::new());
        let module = b"\0asm\x01\0\0\0\x05\x04\x01\x03\x01\x01";
        let component = [b"\0asm\x0d\0\x01\0\x01\x0e".as_slice(), module].concat();
        assert_eq!(proposals(&component), ["threads"]);
    }
}
