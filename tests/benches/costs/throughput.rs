//! How many prompts go through, and what each costs this process.

use std::time::Duration;

use anyhow::{Result, bail};

use super::Scale;
use super::load::{Done, closed_loop};
use super::samples::median;
use super::side::Arena;
use super::table::{Row, Target, Unit};
use super::vendor::Manner;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let arena = Arena::open()?;
    let mut rows = Vec::new();
    for at_once in [1, 16, 256] {
        let [ours, direct] = turns(&arena, scale, at_once, Manner::Pieces)?;
        let prompts = ours.iter().map(|done| done.prompts as usize).sum();
        let middle = |all: &[Done], what: fn(Done) -> f64| {
            median(&all.iter().map(|done| what(*done)).collect::<Vec<_>>())
        };
        let [rate, direct_rate] = [&ours, &direct].map(|all| middle(all, Done::per_second));
        rows.push(
            Row::new(format!("prompts, {at_once} at once"), Unit::PerSecond, rate, prompts)
                .beside(direct_rate),
        );
        let [cpu, direct_cpu] = [&ours, &direct].map(|all| middle(all, Done::cpu_per_prompt));
        rows.push(
            Row::new(format!("CPU time per prompt, {at_once} at once"), Unit::Time, cpu, prompts)
                .beside(direct_cpu)
                .target(Target::TimesAtMost(2.5)),
        );
    }
    Ok(rows)
}

/// One side alone.
pub(super) fn profile(side: &str) -> Result<()> {
    let arena = Arena::open()?;
    let [ours, direct] = arena.sides.clone();
    let side = match side {
        "ours" => ours,
        "direct" => direct,
        _ => bail!("`{side}` is neither `ours` nor `direct`"),
    };
    let done = closed_loop(&arena.runtime, 16, Duration::from_secs(10), move || {
        side.clone().prompt(Manner::Pieces)
    })?;
    println!("{:.0} prompts/s, {:.1} µs of CPU time each", done.per_second(), done.cpu_per_prompt() / 1e3);
    Ok(())
}

/// Both sides in turns.
fn turns(arena: &Arena, scale: &Scale, at_once: usize, manner: Manner) -> Result<[Vec<Done>; 2]> {
    let (turns, slice) = scale.pick((1, Duration::from_millis(300)), (5, Duration::from_millis(1500)));
    let mut done = [Vec::new(), Vec::new()];
    for turn in 0..=turns {
        for (side, all) in arena.sides.iter().zip(&mut done) {
            let side = side.clone();
            // the first turn opens connections and warms up
            let slice = if turn == 0 { slice / 5 } else { slice };
            let answered = closed_loop(&arena.runtime, at_once, slice, move || side.clone().prompt(manner))?;
            if turn > 0 {
                all.push(answered);
            }
        }
    }
    Ok(done)
}
