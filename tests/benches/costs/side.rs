//! The two sides that are compared, under one name.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use tokio::runtime::Runtime;
use tollgate::Host;

use super::direct::Direct;
use super::vendor::{Manner, TEXT};
use super::{child, ours};

/// Who sends the prompts. Clones are one.
#[derive(Debug, Clone)]
pub(super) enum Side {
    Ours(Host),
    Direct(Direct),
}

/// When the first event of an answer had come, and when its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub(super) first: Instant,
    pub(super) end: Instant,
}

/// Both sides, the vendor, and the runtime on which they work.
#[derive(Debug)]
pub(super) struct Arena {
    pub(super) sides: [Side; 2],
    pub(super) runtime: Runtime,
    _vendor: child::Vendor,
}

impl Side {
    pub(super) async fn ours(vendor: SocketAddr) -> Result<Self> {
        Ok(Self::Ours(ours::host(vendor).await?))
    }

    pub(super) fn direct(vendor: SocketAddr) -> Self {
        Self::Direct(Direct::new(vendor))
    }

    /// Sends a prompt and reads the whole answer, which has to be the right one.
    pub(super) async fn prompt(self, manner: Manner) -> Result<Arrived> {
        match self {
            Self::Ours(host) => {
                let mut text = String::new();
                let first = ours::finish(ours::ask(&host, ours::model(manner)).await?, &mut text).await?;
                ensure!(text == TEXT, "another answer than the vendor's: {text}");
                Ok(Arrived { first, end: Instant::now() })
            }
            Self::Direct(direct) => {
                let mut all = Vec::new();
                let first = direct.finish(direct.ask(manner).await?, &mut all).await?;
                ensure!(all.ends_with(b"data: [DONE]\n\n"), "an answer without its end");
                Ok(Arrived { first, end: Instant::now() })
            }
        }
    }

    /// The request that this side sends, as the vendor sees it.
    async fn mirrored(&self) -> Result<String> {
        match self {
            Self::Ours(host) => {
                let mut text = String::new();
                ours::finish(ours::ask(host, ours::model(Manner::Mirror)).await?, &mut text).await?;
                Ok(text)
            }
            Self::Direct(direct) => {
                let mut all = Vec::new();
                direct.finish(direct.ask(Manner::Mirror).await?, &mut all).await?;
                let all = String::from_utf8(all)?;
                let said = all.split("\n\n").nth(1).and_then(|event| event.strip_prefix("data: "));
                let said: serde_json::Value = serde_json::from_str(said.context("no event")?)?;
                let text = said.pointer("/choices/0/delta/content").and_then(|text| text.as_str());
                Ok(text.unwrap_or_default().to_owned())
            }
        }
    }
}

impl Arena {
    /// Starts both sides. They send the same requests, which is checked here.
    pub(super) fn open() -> Result<Self> {
        let vendor = child::Vendor::start()?;
        let runtime = super::runtime()?;
        let sides = [runtime.block_on(Side::ours(vendor.address))?, Side::direct(vendor.address)];
        let [ours, direct] = sides.each_ref().map(|side| runtime.block_on(side.mirrored()));
        let (ours, direct) = (ours?, direct?);
        ensure!(ours == direct, "two different requests are compared:\n{ours}\n\n{direct}");
        Ok(Self { sides, runtime, _vendor: vendor })
    }
}
