//! What crossing into a component costs: calls of a live instance, on one thread, with nobody else around.

use std::time::{Duration, Instant};

use anyhow::Result;
use tollgate::measure::{Allocator, Component};
use tollgate::types::Prompt;
use tollgate_tests::guests;

use super::Scale;
use super::samples::Samples;
use super::table::{Row, Target, Unit};

/// Calls that are timed together: one is about as long as reading the clock.
const TOGETHER: u32 = 500;

pub(super) fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let component = Component::load("batches".parse()?, guests::BATCHES.bytes(), Allocator::Pool).await?;
        let mut rows = Vec::new();
        for events in [1_u32, 32] {
            let most = 800.0 + 150.0 * f64::from(events);
            let next = nexts(&component, scale, events, false).await?;
            rows.push(row(format!("one `next`, batch of {events}"), &next).target(Target::AtMost(most)));
            let judged = nexts(&component, scale, events, true).await?;
            rows.push(row(format!("one `next`, batch of {events}, and its events judged"), &judged));
        }
        for (bytes, name) in [(20, "20 B"), (100_000, "100 KB")] {
            let crossed = prompts(&component, scale, bytes).await?;
            rows.push(row(format!("a prompt of {name} into a fresh instance"), &crossed));
        }
        Ok(rows)
    })
}

fn row(what: String, samples: &Samples) -> Row {
    Row::new(what, Unit::Time, samples.percentile(50), samples.count())
}

async fn nexts(component: &Component, scale: &Scale, events: u32, judge: bool) -> Result<Samples> {
    let mut instance = component.start().await?;
    instance.complete(&events.to_string().parse()?, Prompt::from("go")).await?;
    let mut samples = Samples::default();
    for _ in 0..scale.pick(50, 1000) {
        let begun = Instant::now();
        for _ in 0..TOGETHER {
            let batch = instance.next().await?;
            anyhow::ensure!(batch.events() == events as usize, "a batch of {}", batch.events());
            if judge {
                std::hint::black_box(batch.convert()?);
            }
        }
        samples.push(begun.elapsed() / TOGETHER);
    }
    Ok(samples)
}

async fn prompts(component: &Component, scale: &Scale, bytes: usize) -> Result<Samples> {
    let (text, model) = ("x".repeat(bytes), "1".parse()?);
    let mut samples = Samples::default();
    for _ in 0..scale.pick(100, 5000) {
        let mut instance = component.start().await?;
        let prompt = Prompt::from(text.as_str());
        let begun = Instant::now();
        instance.complete(&model, prompt).await?;
        samples.push(begun.elapsed().max(Duration::from_nanos(1)));
    }
    Ok(samples)
}
