//! What a plugin may reach: the operator's words for an [`OriginGrant`].

use std::net::IpAddr;

use http::Method;
use ipnet::IpNet;

use crate::config::mistake::{Problem, shown};
use crate::config::reading::{Field, Fields, Reading, Text};
use crate::types::{Origin, OriginGrant, PathPattern, Scheme};

/// What decides whether a key may travel in the clear where the origin does not say so itself (SECURITY.md E21).
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyRule {
    /// Whether the plugin's entry names a key.
    pub(super) named: bool,
    /// Whether the component is a built-in.
    pub(super) is_builtin: bool,
}

/// The list of origins; each at most once.
pub(super) fn origins(
    reading: &mut Reading<'_>,
    field: &Field<'_>,
    rule: KeyRule,
) -> Option<Vec<OriginGrant>> {
    let mut grants: Vec<OriginGrant> = Vec::new();
    for item in reading.items(field)? {
        let Some(grant) = origin(reading, &item, rule) else {
            continue;
        };
        if grants.iter().any(|known| known.origin == grant.origin) {
            let problem = Problem::Twice("this origin".to_owned());
            reading.note(&item, problem, "put all methods and paths into one entry".to_owned());
        } else {
            grants.push(grant);
        }
    }
    Some(grants)
}

fn origin(reading: &mut Reading<'_>, field: &Field<'_>, rule: KeyRule) -> Option<OriginGrant> {
    if !field.is_map() {
        let text = reading.text(field)?;
        let grant = OriginGrant::new(parse(reading, field, &text)?);
        return in_the_clear(reading, field, &text, grant, None, rule);
    }
    let known = ["origin", "methods", "paths", "addresses", "plain_http", "key"];
    let fields = reading.fields(field, &known)?;
    let Some(address) = fields.get("origin") else {
        reading.note_key(
            field,
            Problem::MissingKey("origin"),
            "such as `origin: \"https://api.acme.test\"`".to_owned(),
        );
        return None;
    };
    let text = reading.text(&address);
    let parsed = text.as_ref().and_then(|text| parse(reading, &address, text));
    // all fields are read before the first mistake ends this entry
    let methods = fields.get("methods").map(|field| list(reading, &field, method));
    let paths = fields.get("paths").map(|field| list(reading, &field, Reading::parsed::<PathPattern>));
    let addresses = fields.get("addresses").map(|field| list(reading, &field, network)).unwrap_or_default();
    let plain_http = flag(reading, &fields, "plain_http");
    let key = flag(reading, &fields, "key");
    let mut grant = OriginGrant::new(parsed?);
    grant.methods = methods;
    grant.paths = paths;
    grant.addresses = addresses;
    grant.plain_http = plain_http.unwrap_or(false);
    in_the_clear(reading, field, &text?, grant, key, rule)
}

fn flag(reading: &mut Reading<'_>, fields: &Fields<'_>, name: &str) -> Option<bool> {
    fields.get(name).and_then(|field| reading.boolean(&field))
}

/// Reads a list, leaving out what is a mistake.
fn list<'a, T>(
    reading: &mut Reading<'a>,
    field: &Field<'_>,
    read: fn(&mut Reading<'a>, &Field<'_>) -> Option<T>,
) -> Vec<T> {
    let items = reading.items(field).unwrap_or_default();
    items.iter().filter_map(|item| read(reading, item)).collect()
}

/// An origin in words of its own for the commonest mistakes.
pub(super) fn parse(reading: &mut Reading<'_>, field: &Field<'_>, text: &Text) -> Option<Origin> {
    if text.value.contains('@') {
        // not repeated: what stands before the `@` is a password
        reading.unfit(field, "an address here has no user name and no password", "");
        return None;
    }
    if text.value.contains('*') {
        let what = "an origin has no wildcard: a key goes to hosts that are known by name";
        reading.unfit(field, what, "list each origin");
        return None;
    }
    reading.parse(field, text)
}

/// Settles what an `http` origin needs to be said, and whether the key goes there.
fn in_the_clear(
    reading: &mut Reading<'_>,
    field: &Field<'_>,
    text: &Text,
    mut grant: OriginGrant,
    key: Option<bool>,
    rule: KeyRule,
) -> Option<OriginGrant> {
    if grant.origin.scheme == Scheme::Https {
        if grant.plain_http {
            reading.unfit(field, "`plain_http` is for an `http` origin; this one is `https`", "remove it");
        }
        grant.carries_key = key.unwrap_or(true);
        return Some(grant);
    }
    let loopback = grant.origin.host.is_loopback();
    let says_where = grant.plain_http && !grant.addresses.is_empty();
    if !(loopback || says_where) {
        let origin = if text.expanded { "http://…".to_owned() } else { shown(&text.value) };
        let suggestion = format!(
            "use `https`, or say where it is: `{{origin: \"{origin}\", addresses: [\"10.0.0.0/8\"], plain_http: true}}`"
        );
        reading.unfit(field, "`http` leaves this machine unencrypted", &suggestion);
        return None;
    }
    grant.carries_key = key.unwrap_or(rule.named || (loopback && rule.is_builtin));
    Some(grant)
}

fn method(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<Method> {
    let text = reading.text(field)?;
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    if known.contains(&text.value.as_str()) {
        return Method::from_bytes(text.value.as_bytes()).ok();
    }
    reading.unfit(field, format!("a method is one of {}", known.join(", ")), "");
    None
}

/// A network, or a single address.
fn network(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<IpNet> {
    let text = reading.text(field)?;
    let parsed =
        text.value.parse::<IpNet>().ok().or_else(|| text.value.parse::<IpAddr>().ok().map(IpNet::from));
    let (what, suggestion) = match parsed {
        None => ("an address is a network such as `10.0.0.0/8`, or one address".to_owned(), String::new()),
        Some(network) if network.prefix_len() == 0 => {
            ("this is every address there is".to_owned(), "name the network that the origin is in".to_owned())
        }
        Some(network) if network.trunc() != network => (
            "this network has bits after its prefix".to_owned(),
            format!("did you mean `{}`?", network.trunc()),
        ),
        Some(network) => return Some(network),
    };
    let suggestion = if text.expanded { "" } else { &suggestion };
    reading.unfit(field, what, suggestion);
    None
}
