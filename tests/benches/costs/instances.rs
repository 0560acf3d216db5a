//! What a fresh store and a fresh instance in it cost, which every prompt has: on one thread, on two that do the same, and
//! with wasmtime's own allocator for comparison.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use tollgate::measure::{Allocator, Component};

use super::Scale;
use super::samples::{Samples, median};
use super::table::{Row, Target, Unit};

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let runtime = super::runtime()?;
    let openai = tollgate_builtins::get("openai").context("the built-in `openai`")?;
    let load = |allocator| -> Result<Component> {
        Ok(runtime.block_on(Component::load("openai".parse()?, openai.bytes, allocator))?)
    };
    let (pool, on_demand) = (load(Allocator::Pool)?, load(Allocator::OnDemand)?);

    let (turns, slice) = scale.pick((1, Duration::from_millis(200)), (5, Duration::from_secs(1)));
    let (mut started, mut cycles) = (Samples::default(), Samples::default());
    let mut rates: [[Vec<f64>; 2]; 2] = Default::default();
    for turn in 0..=turns {
        for (component, rates) in [&pool, &on_demand].into_iter().zip(&mut rates) {
            for (threads, rates) in (1..=2).zip(rates) {
                // the first turn touches the pool's memory for the first time
                let slice = if turn == 0 { slice / 5 } else { slice };
                let (all, rate) = together(component, threads, slice)?;
                if turn == 0 {
                    continue;
                }
                rates.push(rate);
                if threads == 1 && std::ptr::eq(component, &pool) {
                    started.extend(all.iter().map(|cycle| cycle.0));
                    cycles.extend(all.iter().map(|cycle| cycle.1));
                }
            }
        }
    }
    let [[pool_1, pool_2], [demand_1, demand_2]] = rates.map(|rates| rates.map(|rates| median(&rates)));
    let count = cycles.count();
    let time = |what: &str, samples: &Samples, percent| {
        Row::new(format!("{what}, p{percent}"), Unit::Time, samples.percentile(percent), count)
    };
    let rate = |what: &str, ours, than| Row::new(what, Unit::PerSecond, ours, count).beside(than);
    Ok(vec![
        time("store and instance", &started, 50).target(Target::AtMost(15e3)),
        time("store and instance", &started, 99),
        time("store and instance, and dropped", &cycles, 50),
        time("store and instance, and dropped", &cycles, 99),
        rate("one thread (baseline: on demand)", pool_1, demand_1),
        rate("two threads (baseline: one)", pool_2, pool_1).target(Target::More),
        rate("two threads (baseline: on demand)", pool_2, demand_2).target(Target::TimesAtLeast(3.0)),
    ])
}

/// How long until the instance was there, and until it was gone.
type Cycle = (Duration, Duration);

/// Threads that start and drop instances for so long. Gives back what they took, and how many a second all together did.
fn together(component: &Component, threads: usize, for_long: Duration) -> Result<(Vec<Cycle>, f64)> {
    let barrier = std::sync::Barrier::new(threads);
    let each: Vec<(Vec<Cycle>, Duration)> = std::thread::scope(|scope| {
        let run = || alone(component, &barrier, for_long);
        let started: Vec<_> = (0..threads)
            .map(|_| std::thread::Builder::new().spawn_scoped(scope, run))
            .collect::<std::io::Result<_>>()?;
        started
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
            .collect::<Result<_>>()
    })?;
    let rate = each.iter().map(|(cycles, wall)| cycles.len() as f64 / wall.as_secs_f64()).sum();
    Ok((each.into_iter().flat_map(|(cycles, _)| cycles).collect(), rate))
}

fn alone(
    component: &Component,
    barrier: &std::sync::Barrier,
    for_long: Duration,
) -> Result<(Vec<Cycle>, Duration)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    barrier.wait();
    let begun = Instant::now();
    let cycles = runtime.block_on(async {
        let mut cycles = Vec::new();
        while begun.elapsed() < for_long {
            let begun = Instant::now();
            let instance = component.start().await?;
            let started = begun.elapsed();
            drop(instance);
            cycles.push((started, begun.elapsed()));
        }
        Ok::<_, anyhow::Error>(cycles)
    })?;
    Ok((cycles, begun.elapsed()))
}
