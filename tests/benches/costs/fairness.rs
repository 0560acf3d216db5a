//! Whether others notice: prompts through `echo`, alone, and beside a plugin that does its worst in 32 calls at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::FutureExt as _;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tollgate::config::{Config, PluginConfig, Source};
use tollgate::{Compiler, Host, Response};
use tollgate_tests::guests::{self, Guest};

use super::load::{latencies, open_loop};
use super::samples::Samples;
use super::table::{Row, Target, Unit};
use super::{Scale, ours};

const RATE: u32 = 500;
const NEIGHBOURS: usize = 32;
/// Longer than any measurement takes.
const ENOUGH: Duration = Duration::from_mins(30);

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let runtime = super::runtime()?;
    let mut rows = Vec::new();

    let host = runtime.block_on(beside(guests::SPINS))?;
    let idle = echoes(&runtime, &host, scale)?;
    let mut spinning = runtime.block_on(spin(&host))?;
    let spun = echoes(&runtime, &host, scale)?;
    let alive =
        spinning.iter_mut().filter_map(|answer| answer.next().now_or_never().is_none().then_some(())).count();
    drop(spinning);
    rows.extend(compare("32 that spin", &idle, &spun, format!("{alive} still spin at the end")));

    let host = runtime.block_on(beside(guests::HOARDS))?;
    let idle = echoes(&runtime, &host, scale)?;
    let hoarding = Hoarding::start(&runtime, &host);
    let hoarded = echoes(&runtime, &host, scale)?;
    let hoards = runtime.block_on(hoarding.stop())?;
    rows.extend(compare("32 that hoard memory", &idle, &hoarded, format!("{hoards} hoards meanwhile")));
    Ok(rows)
}

fn compare(beside: &str, idle: &Samples, busy: &Samples, note: String) -> Vec<Row> {
    let row = |percent| {
        let what = format!("echo beside {beside}, p{percent} (baseline: idle)");
        Row::new(what, Unit::Time, busy.percentile(percent), busy.count()).beside(idle.percentile(percent))
    };
    vec![row(50), row(99).target(Target::TimesAndAddsAtMost(2.0, 1e6)).note(note)]
}

/// A host with `echo` and this plugin, which no limit of time and no breaker ends.
async fn beside(guest: Guest) -> Result<Host> {
    let bytes = Source::Bytes(guest.bytes().into());
    let mut plugin = PluginConfig::new(guest.name.parse()?, bytes).origins([]);
    (plugin.sandbox.cpu, plugin.sandbox.wall) = (ENOUGH, ENOUGH);
    plugin.sandbox.limit_kills = u32::MAX;
    let config = Config::default().plugin(plugin);
    Ok(Host::builder()
        .compiler(Compiler::in_process())
        .config(config)
        .builtins(tollgate_builtins::all())
        .build()
        .await?)
}

/// Prompts through `echo`. One that is refused because too many wait counts as if it had waited to the end.
fn echoes(runtime: &Runtime, host: &Host, scale: &Scale) -> Result<Samples> {
    let run = |for_long| {
        open_loop(runtime, RATE, for_long, || {
            let host = host.clone();
            async move {
                let answer = match ours::ask(&host, "echo".to_owned()).await {
                    Ok(answer) => answer,
                    Err(error) if is_busy(&error) => return Ok(Instant::now() + for_long),
                    Err(error) => return Err(error),
                };
                let mut text = String::new();
                ours::finish(answer, &mut text).await?;
                ensure!(text.contains(ours::PROMPT), "another answer than the echo's: {text}");
                Ok(Instant::now())
            }
        })
    };
    let (warm_up, for_long) = scale.pick(
        (Duration::from_millis(200), Duration::from_secs(1)),
        (Duration::from_secs(1), Duration::from_secs(15)),
    );
    run(warm_up)?;
    Ok(latencies(run(for_long)?))
}

fn is_busy(error: &anyhow::Error) -> bool {
    error.downcast_ref::<tollgate::Error>().is_some_and(|error| error.kind() == tollgate::ErrorKind::Busy)
}

/// Calls that compute for as long as they are not dropped.
async fn spin(host: &Host) -> Result<Vec<Response>> {
    let mut spinning = Vec::new();
    for _ in 0..NEIGHBOURS {
        spinning.push(ours::ask(host, "spins/next".to_owned()).await?);
    }
    Ok(spinning)
}

/// Calls that take all the memory that they may have, each time anew.
struct Hoarding {
    stop: Arc<AtomicBool>,
    hoards: Arc<AtomicU64>,
    tasks: JoinSet<Result<()>>,
}

impl Hoarding {
    fn start(runtime: &Runtime, host: &Host) -> Self {
        let (stop, hoards) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..NEIGHBOURS {
            let (host, stop, hoards) = (host.clone(), stop.clone(), hoards.clone());
            let hoard = async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = ours::ask(&host, "hoards/politely".to_owned()).await?;
                    ours::finish(answer, &mut String::new()).await?;
                    hoards.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            };
            tasks.spawn_on(hoard, runtime.handle());
        }
        Self { stop, hoards, tasks }
    }

    /// Ends them, and says how many there were.
    async fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.into_iter().collect::<Result<()>>()?;
        Ok(self.hoards.load(Ordering::Relaxed))
    }
}
