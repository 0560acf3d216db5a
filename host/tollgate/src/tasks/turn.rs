//! Turns at the back: as many calls compute at a time as there are threads, and of those that wait, each plugin has one
//! turn before any has two.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::pace::Pace;

/// Gives turns. Clones are one.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    free: usize,
    /// Those who wait, lane by lane; the first lane is next. No lane is empty.
    lanes: VecDeque<(usize, VecDeque<oneshot::Sender<Turn>>)>,
}

/// Leave to compute, until it is dropped.
#[derive(Debug)]
struct Turn(Option<Turns>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.release();
        }
    }
}

impl Turns {
    /// As many turns at a time as there are threads.
    pub(super) fn new(threads: usize) -> Self {
        Self(Arc::new(Mutex::new(Queue { free: threads, lanes: VecDeque::new() })))
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn now, or the promise of one.
    fn ask(&self, lane: usize) -> Result<Turn, oneshot::Receiver<Turn>> {
        let mut queue = self.queue();
        if let Some(free) = queue.free.checked_sub(1) {
            queue.free = free;
            return Ok(Turn(Some(self.clone())));
        }
        let (sender, receiver) = oneshot::channel();
        match queue.lanes.iter_mut().find(|(id, _)| *id == lane) {
            Some((_, waiting)) => waiting.push_back(sender),
            None => queue.lanes.push_back((lane, VecDeque::from([sender]))),
        }
        Err(receiver)
    }

    /// Gives the turn to the next that still wants it.
    fn release(&self) {
        while let Some(next) = self.next() {
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // gone meanwhile; its turn must not be released once more
                Err(mut refused) => refused.0 = None,
            }
        }
    }

    /// Takes the next out of the queue; where nobody waits, the turn is free.
    fn next(&self) -> Option<oneshot::Sender<Turn>> {
        let mut queue = self.queue();
        let Some((lane, mut waiting)) = queue.lanes.pop_front() else {
            queue.free += 1;
            return None;
        };
        let next = waiting.pop_front();
        if !waiting.is_empty() {
            queue.lanes.push_back((lane, waiting));
        }
        next
    }
}

/// A call that computes in turns.
pub(super) struct InTurns<F> {
    future: Pin<Box<F>>,
    pace: Pace,
    turns: Turns,
    promise: Option<oneshot::Receiver<Turn>>,
}

impl<F> InTurns<F> {
    pub(super) fn new(future: Pin<Box<F>>, pace: Pace, turns: Turns) -> Self {
        Self { future, pace, turns, promise: None }
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        loop {
            if let Some(promise) = &mut self.promise {
                let turn = std::task::ready!(Pin::new(promise).poll(cx));
                self.promise = None;
                if let Ok(turn) = turn {
                    return Poll::Ready(turn);
                }
            }
            match self.turns.ask(self.pace.lane().id()) {
                Ok(turn) => return Poll::Ready(turn),
                Err(promise) => self.promise = Some(promise),
            }
        }
    }
}

impl<F: Future> Future for InTurns<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _turn = std::task::ready!(self.poll_turn(cx));
        self.pace.begin_poll();
        self.future.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(promise: &mut oneshot::Receiver<Turn>) -> Option<Turn> {
        promise.try_recv().ok()
    }

    #[test]
    fn each_lane_has_one_turn_before_any_has_two() {
        // R38
        let turns = Turns::new(1);
        let first = turns.ask(1).unwrap();
        let mut greedy: Vec<_> = (0..3).map(|_| turns.ask(1).unwrap_err()).collect();
        let mut modest = turns.ask(2).unwrap_err();
        drop(first);
        let turn = granted(&mut greedy[0]).unwrap();
        assert!(granted(&mut modest).is_none());
        drop(turn);
        let turn = granted(&mut modest).unwrap();
        drop(turn);
        assert!(granted(&mut greedy[1]).is_some());
    }

    #[test]
    fn who_left_the_queue_holds_nobody_up() {
        let turns = Turns::new(2);
        let held = [turns.ask(1).unwrap(), turns.ask(1).unwrap()];
        let left = turns.ask(2).unwrap_err();
        let mut stays = turns.ask(3).unwrap_err();
        drop(left);
        drop(held);
        drop(granted(&mut stays).unwrap());
        assert_eq!(turns.queue().free, 2);
        // a promise that was kept and never looked at
        let held = [turns.ask(1).unwrap(), turns.ask(1).unwrap()];
        let unread = turns.ask(2).unwrap_err();
        drop(held);
        drop(unread);
        assert_eq!(turns.queue().free, 2);
    }
}
