//! Talking to the plugin `dials`, which makes whatever request a test describes.

pub use fixture_dials::{Dial, Outcome, Script};
use tollgate::types::OriginGrant;
use tollgate_test_kit::{TestHostBuilder, Vendor};

use crate::guests;
use crate::house::{self, Watched};

/// A vendor, and `dials` in a host that lets it reach that vendor.
pub async fn dialing() -> (Vendor, Watched) {
    let vendor = Vendor::start().await.expect("a vendor");
    let host = house::start(dials(&vendor)).await;
    (vendor, host)
}

/// Begins a host with `dials` in it, which may reach this vendor.
pub fn dials(vendor: &Vendor) -> TestHostBuilder {
    house::guest(guests::DIALS).vendor(vendor).expect("a vendor's origin")
}

/// Begins a host with `dials` in it, which has this grant.
pub fn dials_granted(grants: impl IntoIterator<Item = OriginGrant>) -> TestHostBuilder {
    let grants = grants.into_iter().collect();
    house::guest(guests::DIALS).configure(|plugin| plugin.origins = Some(grants)).expect("a plugin")
}

/// A grant of this origin at loopback addresses.
pub fn at_loopback(origin: &str) -> OriginGrant {
    let mut grant = OriginGrant::new(origin.parse().unwrap_or_else(|error| panic!("{error}")));
    grant.addresses = ["127.0.0.0/8", "::1/128"].map(|net| net.parse().expect("a network")).into();
    grant
}

/// Makes one request with the key and reports it.
pub async fn dial(host: &Watched, dial: Dial) -> Outcome {
    dial_all(host, "keyed", Script { requests: vec![dial], at_once: false }).await.remove(0)
}

/// Makes several requests in one call, as this model.
pub async fn dial_all(host: &Watched, model: &str, script: Script) -> Vec<Outcome> {
    let script = serde_json::to_string(&script).expect("a script");
    let answered = host.ask(&format!("dials/{model}"), script).await;
    assert!(answered.error.is_none(), "dials broke: {}", answered.message());
    serde_json::from_str(&answered.text).expect("a report")
}
