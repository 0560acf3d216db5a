//! What `wit-bindgen` makes of the contract in `wit/`, and nothing else.
//!
//! The rest of the crate gives these types constructors and better addresses: authors never name this module, but the
//! code that [`export_provider!`](crate::export_provider) leaves behind does, so it is public.

wit_bindgen::generate!({
    path: "../../wit",
    world: "tollgate:plugin/provider-plugin",
    pub_export_macro: true,
    export_macro_name: "export_provider_world",
    default_bindings_module: "::tollgate_plugin::bindings",
    additional_derives: [PartialEq],
    additional_type_attributes: {
        "tollgate:plugin/llm-types@0.1.0/usage": [#[derive(Default)]],
        "tollgate:plugin/llm-types@0.1.0/response-info": [#[derive(Default)]],
    },
});
