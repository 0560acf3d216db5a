//! What an open stream holds: each side in a fresh process, before and after so many of them wait for their second event.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tollgate::Response;

use super::child::{self, Role, Vendor};
use super::direct::{self, Direct};
use super::machine::Memory;
use super::table::{Row, Target, Unit};
use super::vendor::Manner;
use super::{Scale, machine, ours};

/// How many are opened at a time.
const OPENING: usize = 32;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let streams: u32 = scale.pick(100, 1000);
    let vendor = Vendor::start()?;
    let held = |side: &str| -> Result<[f64; 2]> {
        let role = Role::start(&["streams", side, &vendor.address.to_string(), &streams.to_string()])?;
        let (resident, once) = role.said().split_once(' ').context("another word than two numbers")?;
        Ok([resident.parse::<f64>()?, once.parse()?].map(|bytes| bytes / f64::from(streams)))
    };
    let ([resident, once], [direct_resident, direct_once]) = (held("ours")?, held("direct")?);
    let row = |what: &str, ours, direct| {
        Row::new(format!("{what}, {streams} open"), Unit::Bytes, ours, streams as usize).beside(direct)
    };
    Ok(vec![
        row("resident per stream", resident, direct_resident).target(Target::AtMost(96.0 * 1024.0)),
        row("the same, shared pages counted once", once, direct_once),
    ])
}

/// In a process of its own: opens so many streams and says how much more memory is resident than before.
pub(super) fn hold(side: &str, vendor: SocketAddr, streams: usize) -> Result<()> {
    machine::raise_open_files();
    let runtime = super::runtime()?;
    let grown = match side {
        "ours" => {
            let host = runtime.block_on(ours::host(vendor))?;
            grown(&runtime, streams, move || open_ours(host.clone()))?
        }
        "direct" => {
            let client = Direct::new(vendor);
            grown(&runtime, streams, move || open_direct(client.clone()))?
        }
        _ => bail!("no such side"),
    };
    println!("{} {}", grown.resident, grown.once);
    child::until_the_parent_ends()
}

async fn open_ours(host: tollgate::Host) -> Result<Response> {
    let mut response = ours::ask(&host, ours::model(Manner::Open)).await?;
    response.next().await.context("an answer without an event")??;
    Ok(response)
}

async fn open_direct(client: Direct) -> Result<direct::Answer> {
    let mut answer = client.ask(Manner::Open).await?;
    answer.first().await?;
    Ok(answer)
}

fn grown<T, F>(runtime: &tokio::runtime::Runtime, streams: usize, open: impl Fn() -> F) -> Result<Memory>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    runtime.block_on(async {
        // what the first one makes for all
        drop(open().await?);
        let before = machine::memory().context("no /proc")?;
        let (opening, mut opened) = (Arc::new(Semaphore::new(OPENING)), JoinSet::new());
        for _ in 0..streams {
            let (opening, stream) = (opening.clone(), open());
            opened.spawn(async move {
                let _turn = opening.acquire_owned().await?;
                stream.await
            });
        }
        let held: Vec<T> = opened.join_all().await.into_iter().collect::<Result<_>>()?;
        let after = machine::memory().context("no /proc")?;
        drop(held);
        Ok(Memory {
            resident: after.resident.saturating_sub(before.resident),
            once: after.once.saturating_sub(before.once),
        })
    })
}
