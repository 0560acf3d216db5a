//! Who asks: an open loop, which asks on time whatever becomes of it, and a closed one, which asks when it was answered.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::machine;
use super::samples::Samples;

/// Starts `rate` a second, evenly, for so long, and waits for all of them. What one gives back is given back with the
/// time at which it was due: a prompt that had to wait for its start has waited.
pub(super) fn open_loop<T, F>(
    runtime: &Runtime,
    rate: u32,
    for_long: Duration,
    start: impl Fn() -> F,
) -> Result<Vec<(Instant, T)>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    machine::sleep_precisely();
    let (sender, ended) = mpsc::channel();
    let every = Duration::from_secs(1) / rate;
    let begin = Instant::now() + Duration::from_millis(5);
    let mut due = begin;
    while due < begin + for_long {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (prompt, sender) = (start(), sender.clone());
        runtime.spawn(async move {
            // the receiver waits for all
            let _received = sender.send(prompt.await.map(|ended| (due, ended)));
        });
        due += every;
    }
    drop(sender);
    ended.into_iter().collect()
}

/// How long each took that was due at one time and ended at another.
pub(super) fn latencies(ended: impl IntoIterator<Item = (Instant, Instant)>) -> Samples {
    ended.into_iter().map(|(due, end)| end.saturating_duration_since(due)).collect()
}

/// What a closed loop did.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Done {
    pub(super) prompts: u32,
    pub(super) wall: Duration,
    /// The CPU time of this process.
    pub(super) cpu: Duration,
}

impl Done {
    pub(super) fn per_second(self) -> f64 {
        f64::from(self.prompts) / self.wall.as_secs_f64()
    }

    /// In nanoseconds.
    pub(super) fn cpu_per_prompt(self) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / f64::from(self.prompts)
    }
}

/// Keeps so many under way, for so long.
pub(super) fn closed_loop<T, F>(
    runtime: &Runtime,
    at_once: usize,
    for_long: Duration,
    start: impl Fn() -> F + Clone + Send + 'static,
) -> Result<Done>
where
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (begun, cpu) = (Instant::now(), machine::cpu());
    let prompts = runtime.block_on(async {
        let mut workers = JoinSet::new();
        for _ in 0..at_once {
            let start = start.clone();
            workers.spawn(async move {
                let mut prompts = 0_u32;
                while begun.elapsed() < for_long {
                    start().await?;
                    prompts += 1;
                }
                Ok::<_, anyhow::Error>(prompts)
            });
        }
        workers.join_all().await.into_iter().sum::<Result<u32>>()
    })?;
    Ok(Done { prompts, wall: begun.elapsed(), cpu: machine::cpu() - cpu })
}
