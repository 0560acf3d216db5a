//! What the vendor will do: a queue of answers, and one for all that come after it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::Answer;
use super::completion::Completion;
use super::request::Request;

/// The answers to come.
#[derive(Debug, Clone)]
pub(super) struct Script(Arc<Mutex<Answers>>);

#[derive(Debug)]
struct Answers {
    queue: VecDeque<Answer>,
    otherwise: Answer,
    key: Option<String>,
}

impl Default for Script {
    fn default() -> Self {
        let answers = Answers { queue: VecDeque::new(), otherwise: Answer::echo(), key: None };
        Self(Arc::new(Mutex::new(answers)))
    }
}

impl Script {
    pub(super) fn add(&self, answer: Answer) {
        self.with(|answers| answers.queue.push_back(answer));
    }

    pub(super) fn set_otherwise(&self, answer: Answer) {
        self.with(|answers| answers.otherwise = answer);
    }

    pub(super) fn set_key(&self, key: String) {
        self.with(|answers| answers.key = Some(key));
    }

    /// The answer to this request.
    pub(super) fn next(&self, request: &Request) -> Answer {
        self.with(|answers| match &answers.key {
            Some(key) if request.key() != Some(key) => {
                Answer::failure(401, "invalid_api_key", "Incorrect API key provided")
            }
            _ => answers.queue.pop_front().unwrap_or_else(|| answers.otherwise.clone()),
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut Answers) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Completion::text(text).into()
    }
}
