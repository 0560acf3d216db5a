//! Waiting for what never comes, and being dropped while somebody waits.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tollgate::ErrorKind;
use tollgate_test_kit::{Answer, Completion, Reply, Step, Vendor};
use tollgate_tests::{guests, house};

use super::{SHORT, denied, hurried, refused, undeterred, with_others};

#[tokio::test]
async fn a_plugin_that_waits_forever_is_ended_by_the_clock() {
    // R22
    let vendor = Vendor::start().await.unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha";
    vendor.otherwise(Answer::raw(head).then(Step::Hang));
    let builder = with_others(guests::SLEEPS).vendor(&vendor);
    let builder = builder.and_then(|builder| builder.setting("base_url", &vendor.url())).unwrap();
    let host = house::start(builder.configure(|plugin| plugin.sandbox.wall = SHORT * 2).unwrap()).await;
    for (model, text) in [("clock", ""), ("body", ""), ("next", "good night")] {
        let id = format!("sleeps/{model}");
        let (answered, ()) = tokio::join!(host.ask(&id, "go"), host.serves_others());
        denied(&answered, &["sleeps", "100 ms", "sandbox.wall_ms"]);
        assert_eq!(answered.text, text, "{model}");
    }
    vendor.until_all_closed().await;
    host.finish().await;
}

#[tokio::test]
async fn a_plugin_that_sleeps_while_it_describes_itself_is_refused() {
    // R22; R02: while its instance is made
    for (guest, setting, value) in [(guests::SLEEPS, "where", "describe"), (guests::STARTS, "how", "sleeps")]
    {
        let builder = house::guest(guest).setting(setting, value).unwrap();
        let builder = builder.configure(|plugin| plugin.sandbox.list_wall = SHORT).unwrap();
        let words = [guest.name, "50 ms", "sandbox.list_wall_ms"];
        refused(&house::try_start(builder).await.unwrap_err(), &words);
    }
}

#[tokio::test]
async fn a_vendor_that_goes_silent_costs_the_idle_deadline() {
    // R22
    let vendor = Vendor::start().await.unwrap();
    vendor.answer(Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha").then(Step::Hang));
    vendor.answer(Answer::hang());
    vendor.answer(Reply::new(200).body("awake"));
    let builder = house::guest(guests::SLEEPS)
        .vendor(&vendor)
        .and_then(|builder| builder.setting("base_url", &vendor.url()));
    let builder = builder.and_then(|builder| {
        builder.configure(|plugin| (plugin.egress.idle, plugin.egress.first_byte) = (SHORT, SHORT))
    });
    let host = house::start(builder.unwrap()).await;
    for _ in 0..2 {
        assert_eq!(host.ask("sleeps/body", "go").await.kind(), Some(ErrorKind::Unavailable));
    }
    assert_eq!(host.ask("sleeps/body", "go").await.text, "awake");
    host.finish().await;
}

#[tokio::test]
async fn nothing_that_a_plugin_does_holds_up_the_embedders_own_thread() {
    // R23: this test's runtime has one thread, on which the host does its I/O; a host function or a kill that held it
    // would let the other task go on a few times at the most
    let plugins =
        [("spins/complete", guests::SPINS), ("sleeps/clock", guests::SLEEPS), ("floods/log", guests::FLOODS)];
    for (model, guest) in plugins {
        let builder = hurried(with_others(guest)).configure(|plugin| plugin.sandbox.wall = SHORT * 2);
        let host = house::start(builder.unwrap()).await;
        let steps = Cell::new(0_u64);
        let working = async {
            loop {
                steps.set(steps.get() + 1);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = working => {}
            answered = host.ask(model, "go") => denied(&answered, &["ms"]),
        }
        assert!(steps.get() > 500, "{model}: {} steps", steps.get());
        host.finish().await;
    }
}

/// A future that is dropped when it would be polled for the last time that it may be.
struct CutAt<F> {
    future: Option<Pin<Box<F>>>,
    left: u32,
    /// Polls without waiting to be woken.
    impatient: bool,
}

impl<F: Future> Future for CutAt<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.future = None;
        }
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        let polled = future.as_mut().poll(cx).map(Some);
        if polled.is_pending() && self.impatient {
            cx.waker().wake_by_ref();
        }
        polled
    }
}

fn cut_at<F: Future>(polls: u32, impatient: bool, future: F) -> CutAt<F> {
    CutAt { future: Some(Box::pin(future)), left: polls, impatient }
}

#[tokio::test]
async fn a_prompt_can_be_dropped_wherever_it_waits() {
    // R26
    const MODEL: &str = "openai/gpt-5.4-mini";
    let vendor = Vendor::start().await.unwrap();
    vendor.otherwise(Completion::pieces(["Once ", "upon ", "a ", "time."]));
    let host = house::start(house::openai(&vendor)).await;
    let whole = async || {
        let mut response = host.stream(MODEL, "go").await?;
        while let Some(batch) = response.next().await {
            batch?;
        }
        Ok::<_, tollgate::Error>(())
    };
    for impatient in [false, true] {
        let mut polls = 1;
        while cut_at(polls, impatient, whole()).await.is_none() {
            assert!(polls < 1 << 20, "it never ends by itself");
            polls = if impatient { polls * 5 / 4 + 1 } else { polls + 1 };
        }
        assert!(polls > 2, "dropped at {polls} polls only");
    }
    assert_eq!(host.ask(MODEL, "go").await.text, "Once upon a time.");
    assert!(host.host().shutdown(Duration::from_secs(60)).await, "a dropped prompt is still running");
    host.finish().await;
}

#[tokio::test]
async fn a_prompt_can_be_dropped_whatever_its_plugin_does() {
    // R26: spinning, sleeping, and between two batches
    let builder =
        undeterred(house::guest(guests::SPINS)).component("sleeps", guests::SLEEPS.bytes()).unwrap();
    let host =
        house::start(undeterred(builder).with(|builder| builder.builtins(tollgate_builtins::all()))).await;
    for model in ["spins/complete", "spins/next", "spins/later", "sleeps/clock", "sleeps/next"] {
        for polls in [1, 2, 3, 5, 8, 13, 50, 200, 1000, 5000] {
            let begun = pin!(cut_at(polls, true, host.stream(model, "go"))).await;
            let Some(Ok(mut response)) = begun else { continue };
            for polls in [1, 3, 1000] {
                // what it gives, if anything, does not matter
                drop(cut_at(polls, true, response.next()).await);
            }
        }
        host.serves_others().await;
    }
    assert!(host.host().shutdown(Duration::from_secs(60)).await, "a dropped prompt is still running");
    host.finish().await;
}
