use super::*;

/// Texts in the shape of real keys, none of them real.
const KEYS: &[&str] = &[
    "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z",
    "sk-ant-api03-Ab3dEf6h-Ij9kLm2nOp5q_Rs8tUv1w",
    "sk-or-v1-0123456789abcdef0123456789abcdef",
    "sk-svcacct-Ab3dEf6hIj9kLm2nOp5q",
    "sk-abcdefghijklmnopqrstuvwxyzabcdef",
    "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "ya29.a0AfH6SMBx1y2z3A4B5C6D7E8F9",
    "xoxb-123456789012-123456789012-AbCdEfGhIjKlMnOpQrStUvWx",
    "xoxp-123456789012-abcdef",
    "xoxa-2-123456789012",
    "xapp-1-A0123456789-123456789",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "gho_0123456789abcdefghijABCDEFGHIJ012345",
    "github_pat_11ABCDEFG0123456789_abcdefghij",
    "glpat-0123456789abcdefGHIJ",
    "gsk_0123456789abcdefghijABCDEFGHIJ",
    "nvapi-0123456789abcdefghijABCDEFGHIJ",
    "pplx-0123456789abcdefghijABCDEFGHIJ",
    "xai-0123456789abcdefghijABCDEFGHIJ0123456789",
    "hf_abcdefGHIJ0123456789abcdefghij",
    "r8_0123456789abcdefghijABCDEFGHIJ0123",
    "sk_live_0123456789abcdefGHIJ",
    "npm_0123456789abcdefghijABCDEFGHIJ012345",
    "AKIAIOSFODNN7EXAMPLE",
    "SG.0123456789abcdefghij.ABCDEFGHIJ0123456789",
    "dapi0123456789abcdef0123456789abcdef",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.abc",
    "-----BEGIN RSA PRIVATE KEY-----",
];

/// Texts that stand in configurations and are no keys.
const OTHERS: &[&str] = &[
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwv==",
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "550e8400-e29b-41d4-a716-446655440000",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
    "OPENAI_API_KEY",
    "ENRICHMENTS_NANO_KEY",
    "gpt-5.4-mini-2026-03-17",
    "xai-grok-4-fast-reasoning-preview",
    "claude-sonnet-4-6",
    "org-a1b2c3d4e5f6",
    "https://api.openai.com/v1",
    "file:./task-force-planning-model-v2.wasm",
    "risk-assessment-model-large-v3",
    "hf_transfer_download_accelerated",
    "sk-learn",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "/etc/ssl/certs/ca-certificates.crt",
    "fw_models_qwen3_coder_480b_a35b",
];

#[test]
fn known_key_formats_are_found() {
    // S20, C07
    assert!(KEYS.len() >= 20);
    for key in KEYS {
        let found = prefix(key);
        assert!(found.is_some_and(|prefix| key.starts_with(prefix)), "{key}: {found:?}");
    }
}

#[test]
fn digests_uuids_names_and_addresses_pass() {
    // S20
    assert!(OTHERS.len() >= 20);
    for text in OTHERS {
        assert_eq!(prefix(text), None, "{text}");
    }
}

#[test]
fn a_key_is_found_inside_a_longer_text() {
    for key in KEYS {
        assert!(prefix(&format!("Bearer {key}")).is_some(), "{key}");
        assert!(prefix(&format!("https://api.test/?key={key}&x=1")).is_some(), "{key}");
    }
}

#[test]
fn a_long_text_of_many_beginnings_is_read_once() {
    assert_eq!(prefix(&"xai-".repeat(60_000)), None);
    assert_eq!(prefix(&"ask-".repeat(60_000)), None);
}
