//! This program as a process of its own: the vendor, so that its CPU time is nobody's, and a fresh process for each side
//! where memory is measured, so that no side inherits what another has touched.
//!
//! A child says one line when it is ready or done, and ends when its standard input does: with its parent.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{streams, vendor};

/// The first argument of a child; no subject has such a name.
const AS: &str = "--as";

/// Does what a parent asked for, if one did.
pub(super) fn run(given: &[String]) -> Option<Result<()>> {
    let [first, role, rest @ ..] = given else { return None };
    (first == AS).then(|| match (role.as_str(), rest) {
        ("vendor", []) => vendor::serve(),
        ("streams", [side, address, streams]) => streams::hold(side, address.parse()?, streams.parse()?),
        _ => bail!("no such role"),
    })
}

/// A child that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Role {
    process: Child,
    said: String,
}

impl Role {
    /// Starts a child and waits for its line.
    pub(super) fn start(role: &[&str]) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(AS)
            .args(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = String::new();
        let output = process.stdout.take().context("a child without output")?;
        BufReader::new(output).read_line(&mut said)?;
        let child = Self { process, said };
        if child.said.is_empty() {
            bail!("`{}` ended without a word", role.join(" "));
        }
        Ok(child)
    }

    /// What it said.
    pub(super) fn said(&self) -> &str {
        self.said.trim()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // gone already, or about to go
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// The vendor, until this is dropped.
#[derive(Debug)]
pub(super) struct Vendor {
    _role: Role,
    pub(super) address: SocketAddr,
}

impl Vendor {
    pub(super) fn start() -> Result<Self> {
        let role = Role::start(&["vendor"])?;
        let address = role.said().parse()?;
        Ok(Self { _role: role, address })
    }
}

/// Waits for the end of the parent.
pub(super) fn until_the_parent_ends() -> Result<()> {
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
