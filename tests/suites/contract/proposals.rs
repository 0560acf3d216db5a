//! What of WebAssembly this host does not run is refused before it is compiled, by its name.

use tollgate::ErrorKind;
use tollgate_tests::guests::{self, TEXTS};
use tollgate_tests::house;

#[tokio::test]
async fn every_proposal_that_is_off_is_refused_by_its_name() {
    // R27
    let proposals = [
        ("threads", "threads"),
        ("shared-memory", "threads"),
        ("memory64", "memory64"),
        ("table64", "memory64"),
        ("gc", "gc"),
        ("function-references", "function-references"),
        ("exceptions", "exceptions"),
        ("stack-switching", "stack-switching"),
        ("tail-calls", "tail-calls"),
        ("custom-page-sizes", "custom-page-sizes"),
        ("wide-arithmetic", "wide-arithmetic"),
        ("component-model-async", "component-model-async"),
        ("component-model-streams", "component-model-async"),
    ];
    let mut unnamed = Vec::new();
    for (variant, name) in proposals {
        let bytes = guests::text(&format!("proposals/{variant}")).bytes();
        let error = house::try_start(house::component("modern", bytes)).await.expect_err(variant);
        let message = error.public_message();
        assert_eq!(error.kind(), ErrorKind::InvalidPlugin, "{variant}: {message}");
        let named = ["modern", "WebAssembly proposals that this host does not run", &format!("`{name}`")];
        if !named.iter().all(|word| message.contains(word)) {
            unnamed.push(format!("{variant}: {message}"));
        }
    }
    assert_eq!(unnamed, Vec::<String>::new());
    let there = TEXTS.iter().filter(|guest| guest.name.starts_with("proposals/")).count();
    assert_eq!(there, proposals.len());
}
