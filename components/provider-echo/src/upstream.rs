//! The one request of `echo-needs-key`: no plugin ever sees a key, so what a key does is seen where the request arrives.

use tollgate_plugin::config;
use tollgate_plugin::http::{Request, Url};
use tollgate_plugin::types::{Error, ErrorKind, Prompt};

use crate::turn::Turn;

/// The setting that names where the request goes.
pub(crate) const SETTING: &str = "upstream";

/// As much of an answer as is read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Where the request goes, if that is set.
pub(crate) fn address() -> Result<Option<Url>, Error> {
    config::text(SETTING)?.as_deref().map(Url::parse).transpose()
}

/// Sends the report of this prompt there.
pub(crate) fn tell(prompt: &Prompt) -> Result<(), Error> {
    let Some(address) = address()? else {
        let message = "`echo-needs-key` has nowhere to send its request: set `upstream` in this plugin's settings to an \
                       address such as `http://127.0.0.1:1234/echo`, and grant its origin";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    };
    let report = Turn::new(prompt).report().compact();
    let mut answer = Request::post(address).header("content-type", "application/json").body(report).send()?;
    if answer.is_success() {
        return answer.read_all(MAX_ANSWER_BYTES).map(|_| ());
    }
    let said = answer.read_start(MAX_ANSWER_BYTES);
    let said = String::from_utf8_lossy(&said);
    let message = format!("the echo upstream answered with status {}: {said}", answer.status);
    Err(Error::new(ErrorKind::of_status(answer.status), message)
        .with_status(answer.status)
        .with_retry_after(answer.retry_after()))
}
