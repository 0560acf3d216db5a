//! `bindgen!` and nothing else.
//!
//! One invocation per interface that a component may export, since a component may export any subset of them; the
//! words that they share are bound once and named by `with`.
//!
//! Measured on two cores: a change here costs 5 s of CPU time to check and 14 s to rebuild with all that depends on the
//! library, its tests included, unoptimised. So the sandbox is a room and not a crate of its own.

/// What the host offers: `log` and `config`, and the words of `llm-types`.
pub(super) mod imports {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package tollgate:host;
            world imports {
                import tollgate:plugin/log@0.1.0;
                import tollgate:plugin/config@0.1.0;
            }
        ",
        world: "tollgate:host/imports",
        imports: { default: trappable },
    });
}

/// What a model provider exports.
pub(super) mod provider {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package tollgate:host;
            world provider {
                export tollgate:plugin/provider@0.1.0;
            }
        ",
        world: "tollgate:host/provider",
        exports: { default: async },
        with: {
            "tollgate:plugin/llm-types@0.1.0": super::imports::tollgate::plugin::llm_types,
        },
    });
}
