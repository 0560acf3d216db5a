//! What the author of a provider writes, and how it becomes the component's exports.

use std::cell::RefCell;

use crate::bindings::exports::tollgate::plugin::provider as exports;
use crate::types::{Description, Error, Event, Model, Prompt};

/// A model provider.
///
/// Every call runs in a fresh instance: whatever is kept in statics is gone with the next call.
pub trait Provider: 'static {
    /// An answer on its way.
    type Completion: Completion;

    /// Says what this provider is and needs. It may read [`config`](crate::config), and must send nothing.
    fn describe() -> Description;

    /// Lists the models there are now; by default those of [`describe`](Self::describe). A provider that asks its
    /// vendor says so with `lists_models` in its description.
    ///
    /// # Errors
    /// Whatever kept the vendor from answering.
    fn models() -> Result<Vec<Model>, Error> {
        Ok(Self::describe().models)
    }

    /// Answers one prompt. Returns once the vendor has begun to answer, or has refused.
    ///
    /// # Errors
    /// Why there is no answer.
    fn complete(prompt: Prompt) -> Result<Self::Completion, Error>;
}

/// An answer on its way.
pub trait Completion: 'static {
    /// What has arrived since the last call: waits for something, then returns all that one read of the vendor's
    /// stream gave. An empty list is the end.
    ///
    /// Returning several events at once is what makes a plugin fast: each call crosses the sandbox's wall.
    ///
    /// # Errors
    /// Why there is no more. It is final, and so is the empty list: the function is not called again.
    fn next(&mut self) -> Result<Vec<Event>, Error>;
}

/// An answer that is known already, in the batches in which it is to arrive.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    batches: std::collections::VecDeque<Vec<Event>>,
}

impl Ready {
    /// An answer in one batch.
    #[must_use]
    pub fn new(events: Vec<Event>) -> Self {
        Self::batches([events])
    }

    /// An answer in several batches. Empty ones are left out, since an empty batch is the end.
    pub fn batches(batches: impl IntoIterator<Item = Vec<Event>>) -> Self {
        Self { batches: batches.into_iter().filter(|batch| !batch.is_empty()).collect() }
    }
}

impl Completion for Ready {
    fn next(&mut self) -> Result<Vec<Event>, Error> {
        Ok(self.batches.pop_front().unwrap_or_default())
    }
}

/// Exports a [`Provider`](crate::Provider) as the component's own.
///
/// Outside WebAssembly it only checks that the type is one, so that a plugin's logic builds and is tested natively.
#[macro_export]
macro_rules! export_provider {
    ($provider:ty) => {
        const _: () = $crate::provider::assert_is_provider::<$provider>();

        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exported = $crate::provider::Exported<$provider>;
    $crate::bindings::export_provider_world!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Compiles only for a provider.
#[doc(hidden)]
pub const fn assert_is_provider<P: Provider>() {}

/// A provider in the shape that the generated exports call.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exported<P>(std::marker::PhantomData<P>);

impl<P: Provider> exports::Guest for Exported<P> {
    type Completion = Running<P::Completion>;

    fn describe() -> Description {
        P::describe()
    }

    fn models() -> Result<Vec<Model>, Error> {
        P::models()
    }

    fn complete(prompt: Prompt) -> Result<exports::Completion, Error> {
        P::complete(prompt)
            .map(|completion| exports::Completion::new(Running(RefCell::new(Some(completion)))))
    }
}

/// A completion that stays at its end once it has reached it, and gives its connection back at once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Running<C>(RefCell<Option<C>>);

impl<C: Completion> exports::GuestCompletion for Running<C> {
    fn next(&self) -> Result<Vec<Event>, Error> {
        let mut running = self.0.borrow_mut();
        let Some(completion) = running.as_mut() else {
            return Ok(Vec::new());
        };
        let batch = completion.next();
        if batch.as_ref().map_or(true, Vec::is_empty) {
            *running = None;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::exports::tollgate::plugin::provider::GuestCompletion;
    use crate::types::{ErrorKind, FinishReason};

    #[test]
    fn ready_answers_arrive_in_their_batches() {
        let mut ready = Ready::batches([
            vec![Event::text(0, "a")],
            vec![],
            vec![Event::text(0, "b"), Event::Finish(FinishReason::Stop)],
        ]);
        assert_eq!(ready.next().unwrap().len(), 1);
        assert_eq!(ready.next().unwrap().len(), 2);
        assert_eq!(ready.next().unwrap(), vec![]);
    }

    #[test]
    fn nothing_is_asked_after_an_error() {
        struct Breaks(u32);
        impl Completion for Breaks {
            fn next(&mut self) -> Result<Vec<Event>, Error> {
                self.0 += 1;
                assert_eq!(self.0, 1, "asked again after its end");
                Err(Error::new(ErrorKind::Connection, "gone"))
            }
        }
        let running = Running(RefCell::new(Some(Breaks(0))));
        assert_eq!(running.next().unwrap_err().message, "gone");
        assert_eq!(running.next().unwrap(), vec![]);
    }
}
