//! The threads that run plugins, and the gate beside them.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio_util::task::TaskTracker;

use super::AbortOnDrop;
use super::pace::Pace;
use super::turn::{InTurns, Turns};

/// Two runtimes: the front, where calls begin, and the back, where those go on that compute for long.
#[derive(Debug)]
pub(super) struct Guests {
    /// `None` when they end.
    runtimes: Option<[Runtime; 2]>,
    front: Handle,
    back: Handle,
    turns: Turns,
}

impl Guests {
    /// Starts so many threads in front and as many at the back.
    pub(super) fn start(threads: usize) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let runtime = |name: &str| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads).thread_name(name).enable_all();
            builder
        };
        let front = runtime("tollgate-guest").build()?;
        let back = runtime("tollgate-back").on_thread_start(step_back).build()?;
        let (front_handle, back_handle) = (front.handle().clone(), back.handle().clone());
        let runtimes = Some([front, back]);
        Ok(Self { runtimes, front: front_handle, back: back_handle, turns: Turns::new(threads) })
    }

    /// Where calls begin and the gate is.
    pub(super) fn front(&self) -> &Handle {
        &self.front
    }

    /// Runs a call.
    pub(super) fn spawn<F>(&self, tracker: &TaskTracker, pace: Pace, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let back = self.back.clone();
        let future = Box::pin(future);
        let turns = self.turns.clone();
        if pace.is_back() {
            return tracker.spawn_on(InTurns::new(future, pace, turns), &back);
        }
        let begun = async move {
            match (InFront { future: Some(future), pace: pace.clone() }).await {
                Begun::Ended(output) => output,
                Begun::Long(future) => {
                    pace.go_back();
                    finished(AbortOnDrop(back.spawn(InTurns::new(future, pace, turns))).await).await
                }
            }
        };
        tracker.spawn_on(begun, &self.front)
    }
}

impl Drop for Guests {
    /// Never blocks: an embedder may drop the host inside a runtime, where waiting for threads would panic.
    fn drop(&mut self) {
        for runtime in self.runtimes.take().into_iter().flatten() {
            runtime.shutdown_background();
        }
    }
}

/// The end of a call at the back, as if it had ended in front. Where the threads ended first, nobody waits for it.
async fn finished<T>(ended: Result<T, JoinError>) -> T {
    match ended.map_err(JoinError::try_into_panic) {
        Ok(output) => output,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => std::future::pending().await,
    }
}

/// A call in front: until it ends, or until it has computed for long.
struct InFront<F> {
    future: Option<Pin<Box<F>>>,
    pace: Pace,
}

enum Begun<F: Future> {
    Ended(F::Output),
    Long(Pin<Box<F>>),
}

impl<F: Future> Future for InFront<F> {
    type Output = Begun<F>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Begun<F>> {
        self.pace.begin_poll();
        let Some(future) = &mut self.future else { return Poll::Pending };
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Begun::Ended(output));
        }
        if self.pace.is_long()
            && let Some(future) = self.future.take()
        {
            return Poll::Ready(Begun::Long(future));
        }
        Poll::Pending
    }
}

/// Gives the current thread the lowest priority. A system that refuses leaves it as it is.
fn step_back() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19) {
        tracing::debug!(%error, "the threads for plugins that compute for long have no lower priority");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::tasks::pace::{Lane, thread_cpu};

    /// Computes until a tick finds it too long, then yields, as a guest does.
    async fn compute(pace: &Pace) {
        while !pace.tick() {
            let until = thread_cpu() + 1_000_000;
            while thread_cpu() < until {}
        }
        tokio::task::yield_now().await;
    }

    fn thread() -> String {
        std::thread::current().name().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_call_that_computes_for_long_goes_on_at_the_back() {
        // R38
        let (guests, tracker, lane) = (Guests::start(1).unwrap(), TaskTracker::new(), Lane::new());
        let pace = lane.pace();
        let call = {
            let pace = pace.clone();
            async move {
                let begins = thread();
                compute(&pace).await;
                (begins, thread())
            }
        };
        let where_it_ran = guests.spawn(&tracker, pace, call).await.unwrap();
        assert_eq!(where_it_ran, ("tollgate-guest".to_owned(), "tollgate-back".to_owned()));
        let pace = lane.pace();
        let second = {
            let pace = pace.clone();
            async move { compute(&pace).await }
        };
        guests.spawn(&tracker, pace, second).await.unwrap();
        let next = guests.spawn(&tracker, lane.pace(), async { thread() }).await.unwrap();
        assert_eq!(next, "tollgate-back");
        let others = guests.spawn(&tracker, Lane::new().pace(), async { thread() }).await.unwrap();
        assert_eq!(others, "tollgate-guest");
    }

    #[tokio::test]
    async fn a_panic_at_the_back_is_the_calls_own() {
        // R25
        let (guests, tracker, pace) = (Guests::start(1).unwrap(), TaskTracker::new(), Lane::new().pace());
        let call = {
            let pace = pace.clone();
            async move {
                compute(&pace).await;
                panic!("on purpose");
            }
        };
        let error = guests.spawn(&tracker, pace, call).await.unwrap_err();
        assert!(error.is_panic());
        let next = guests.spawn(&tracker, Lane::new().pace(), async { 7 }).await.unwrap();
        assert_eq!(next, 7);
    }

    #[tokio::test]
    async fn a_call_that_is_aborted_at_the_back_is_dropped() {
        // R26
        struct Gone(Arc<AtomicBool>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Release);
            }
        }
        let (guests, tracker, pace) = (Guests::start(1).unwrap(), TaskTracker::new(), Lane::new().pace());
        let gone = Arc::new(AtomicBool::new(false));
        let (reached, at_the_back) = tokio::sync::oneshot::channel();
        let call = {
            let (pace, held) = (pace.clone(), Gone(gone.clone()));
            async move {
                compute(&pace).await;
                reached.send(()).unwrap();
                std::future::pending::<()>().await;
                drop(held);
            }
        };
        let task = guests.spawn(&tracker, pace, call);
        at_the_back.await.unwrap();
        task.abort();
        while !gone.load(Ordering::Acquire) {
            tokio::task::yield_now().await;
        }
    }
}
