//! How much later an answer comes through the host.

use std::time::Duration;

use anyhow::Result;

use super::Scale;
use super::load::{latencies, open_loop};
use super::samples::Samples;
use super::side::{Arena, Arrived};
use super::table::{Row, Target, Unit};
use super::vendor::Manner;

/// Prompts a second.
const RATE: u32 = 500;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let arena = Arena::open()?;
    let mut rows = Vec::new();
    let pieces = turns(&arena, scale, Manner::Pieces)?.map(|side| ends(&side));
    rows.extend(pair(
        "prompt at 500/s, 8 events",
        &pieces,
        [Some(Target::AddsAtMost(150e3)), Some(Target::AddsAtMost(1e6))],
    ));
    let whole = turns(&arena, scale, Manner::Whole)?.map(|side| ends(&side));
    rows.extend(pair("prompt at 500/s, 8 events in one piece", &whole, [None, None]));
    let later = turns(&arena, scale, Manner::Later)?;
    let first = later.map(|side| latencies(side.iter().map(|(due, arrived)| (*due, arrived.first))));
    rows.extend(pair("first event at 500/s", &first, [Some(Target::AddsAtMost(200e3)), None]));
    Ok(rows)
}

type Ended = Vec<(std::time::Instant, Arrived)>;

/// Both sides in turns, so that whatever the machine does meanwhile, it does to both.
fn turns(arena: &Arena, scale: &Scale, manner: Manner) -> Result<[Ended; 2]> {
    let (turns, slice) = scale.pick((1, Duration::from_millis(500)), (5, Duration::from_millis(2500)));
    let mut ended = [Vec::new(), Vec::new()];
    for turn in 0..=turns {
        for (side, all) in arena.sides.iter().zip(&mut ended) {
            // the first turn opens connections and warms up
            let slice = if turn == 0 { slice / 5 } else { slice };
            let answered = open_loop(&arena.runtime, RATE, slice, || side.clone().prompt(manner))?;
            if turn > 0 {
                all.extend(answered);
            }
        }
    }
    Ok(ended)
}

fn ends(ended: &Ended) -> Samples {
    latencies(ended.iter().map(|(due, arrived)| (*due, arrived.end)))
}

fn pair(what: &str, [ours, direct]: &[Samples; 2], targets: [Option<Target>; 2]) -> Vec<Row> {
    [50, 99]
        .into_iter()
        .zip(targets)
        .map(|(percent, target)| {
            let row =
                Row::new(format!("{what}, p{percent}"), Unit::Time, ours.percentile(percent), ours.count());
            let row = row.beside(direct.percentile(percent));
            target.into_iter().fold(row, Row::target)
        })
        .collect()
}
