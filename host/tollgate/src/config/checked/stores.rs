//! Where the ledger and the key of the stored secrets are. Neither a password nor a key stands in the file.

use super::key;
use crate::config::reading::{Field, Reading, Text};
use crate::config::stores::{EncryptionKeyAt, LedgerAt, PostgresUrl};

/// `ledger`.
pub(super) fn ledger(reading: &mut Reading<'_>, field: &Field<'_>) -> LedgerAt {
    reading.text(field).and_then(|text| ledger_at(reading, field, &text)).unwrap_or_default()
}

fn ledger_at(reading: &mut Reading<'_>, field: &Field<'_>, text: &Text) -> Option<LedgerAt> {
    const FORMS: &str =
        "write `sqlite:` for a file of its own, `sqlite:PATH`, or `postgres://USER@HOST/DATABASE`";
    if let Some(path) = text.value.strip_prefix("sqlite:") {
        return sqlite(reading, field, path);
    }
    if !["postgres://", "postgresql://"].iter().any(|scheme| text.value.starts_with(scheme)) {
        // not repeated: it may have a password in it
        reading.unfit(field, "a ledger is in SQLite or in PostgreSQL", FORMS);
        return None;
    }
    if !text.expanded && has_password(&text.value) {
        let instead = "put the whole address into a variable and write `{\"$env\": \"NAME\"}`; replace the password if \
                       others saw this file";
        reading.unfit(field, "a password has no place in this file", instead);
        return None;
    }
    Some(LedgerAt::Postgres(PostgresUrl::new(text.value.clone())))
}

fn sqlite(reading: &mut Reading<'_>, field: &Field<'_>, path: &str) -> Option<LedgerAt> {
    if path.is_empty() {
        return Some(LedgerAt::Sqlite(None));
    }
    if path.starts_with("//") || path.starts_with(':') {
        let what = "a SQLite ledger is a file: neither a URL nor in memory, where a crash would forget it";
        reading.unfit(
            field,
            what,
            "write `sqlite:` and a path, such as `sqlite:/var/lib/tollgate/ledger.db`",
        );
        return None;
    }
    reading.resolve(field, path).map(|path| LedgerAt::Sqlite(Some(path)))
}

/// Whether the address has a password, before the host or among the parameters.
fn has_password(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let named = parameters.split('&').filter_map(|parameter| parameter.split('=').next());
    user.is_some_and(|user| user.contains(':'))
        || named.map(str::to_ascii_lowercase).any(|name| name.contains("password") || name.contains('%'))
}

/// `secrets`, of which there is one key.
pub(super) fn secrets(reading: &mut Reading<'_>, field: &Field<'_>) -> Option<EncryptionKeyAt> {
    let fields = reading.fields(field, &["encryption_key"])?;
    fields.get("encryption_key").and_then(|field| encryption_key(reading, &field))
}

/// Where the key is. It is never looked up here, and what stands in the key's place is never repeated.
pub(in crate::config) fn encryption_key(
    reading: &mut Reading<'_>,
    field: &Field<'_>,
) -> Option<EncryptionKeyAt> {
    const FORMS: &str =
        "write `{\"$env\": \"NAME\"}`, `{\"$file\": \"path\"}`, or `keyring` for the system's keyring";
    if field.is_map() || field.is_expansion() {
        let entries = reading.entries(field)?;
        let [(name, inner)] = entries.as_slice() else {
            reading.unfit(field, "the key is in one place", FORMS);
            return None;
        };
        return match *name {
            "$env" => key::variable(reading, inner).map(EncryptionKeyAt::Env),
            "$file" => {
                let path = key::plain_text(reading, inner)?;
                reading.resolve(inner, &path).map(EncryptionKeyAt::File)
            }
            _ => {
                reading.unfit(field, "takes `$env` or `$file` there", FORMS);
                None
            }
        };
    }
    if reading.is_text_or_refused(field) && reading.text(field)?.value == "keyring" {
        return Some(EncryptionKeyAt::Keyring);
    }
    let what = "takes the place of a key, never the key itself";
    reading.unfit(field, what, &format!("{FORMS}; replace the key if others saw this file"));
    None
}
