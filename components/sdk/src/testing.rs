//! The host that a native test plays: settings, and a vendor that answers.
//!
//! A provider's whole path, from prompt to request and from answer to events, then runs in microseconds and without a
//! sandbox. It proves nothing about the sandbox and the gate: for those there is `tollgate-test-kit`, which runs the
//! component in the real host.
//!
//! ```
//! use tollgate_plugin::http::{Request, Response, Url};
//! use tollgate_plugin::testing::Host;
//!
//! let status = Host::new()
//!     .setting("region", "eu")
//!     .vendor(|request| Ok(Response::given(200, &[], [request.method()])))
//!     .run(|| Request::get(Url::parse("https://vendor.test/")?).send().map(|answer| answer.status));
//! assert_eq!(status, Ok(200));
//! ```

use std::cell::RefCell;
use std::fmt;

use crate::http::{Request, Response};
use crate::log::Level;
use crate::types::{Entry, Error, ErrorKind, Value};

type Vendor = Box<dyn FnMut(&Request) -> Result<Response, Error>>;

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

/// What a native test gives the plugin.
#[derive(Default)]
pub struct Host {
    settings: Vec<Entry>,
    vendor: Option<Vendor>,
    lines: Vec<(Level, String)>,
}

impl Host {
    /// No settings, no vendor.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a setting.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.push(Entry::new(name, value));
        self
    }

    /// Sets who answers requests.
    #[must_use]
    pub fn vendor(mut self, vendor: impl FnMut(&Request) -> Result<Response, Error> + 'static) -> Self {
        self.vendor = Some(Box::new(vendor));
        self
    }

    /// Runs `test` with this host, on this thread.
    pub fn run<T>(self, test: impl FnOnce() -> T) -> T {
        let _restored = Restored(HOST.replace(self));
        test()
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The lines that the plugin has logged in this [`Host::run`].
#[must_use]
pub fn lines() -> Vec<(Level, String)> {
    HOST.with_borrow(|host| host.lines.clone())
}

/// Puts the former host back, also where the test panics.
struct Restored(Host);

impl Drop for Restored {
    fn drop(&mut self) {
        HOST.replace(std::mem::take(&mut self.0));
    }
}

pub(crate) fn log(level: Level, message: &str) {
    HOST.with_borrow_mut(|host| host.lines.push((level, message.to_owned())));
}

pub(crate) fn setting(name: &str) -> Option<Value> {
    HOST.with_borrow(|host| {
        host.settings.iter().find(|entry| entry.name == name).map(|entry| entry.value.clone())
    })
}

pub(crate) fn settings() -> Vec<Entry> {
    HOST.with_borrow(|host| host.settings.clone())
}

pub(crate) fn send(request: &Request) -> Result<Response, Error> {
    // the vendor is taken out while it answers: it may log, too
    let Some(mut vendor) = HOST.with_borrow_mut(|host| host.vendor.take()) else {
        let message = "no request leaves outside webassembly; give `testing::Host` a vendor";
        return Err(Error::new(ErrorKind::Unsupported, message));
    };
    let answer = vendor(request);
    HOST.with_borrow_mut(|host| host.vendor = Some(vendor));
    answer
}
