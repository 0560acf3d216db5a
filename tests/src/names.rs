//! A name service that answers what a test says, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tollgate::Resolver;

/// A scripted name service. A name that it has no answer for does not exist.
#[derive(Debug, Default)]
pub struct Names {
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Debug, Clone)]
enum Answer {
    Addresses(Vec<IpAddr>),
    Nothing,
}

impl Names {
    /// Answers so when it is asked for the name; the last answer that was given for a name is kept for good.
    #[must_use]
    pub fn with(self, name: &str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        self.and(name, Answer::Addresses(addresses))
    }

    /// Never answers when it is asked for the name.
    #[must_use]
    pub fn silent(self, name: &str) -> Self {
        self.and(name, Answer::Nothing)
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn and(self, name: &str, answer: Answer) -> Self {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(name.to_owned()).or_default().push_back(answer);
        drop(answers);
        self
    }

    fn next(&self, name: &str) -> Option<Answer> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = answers.get_mut(name)?;
        if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        match self.next(host) {
            Some(Answer::Addresses(addresses)) => Ok(addresses),
            Some(Answer::Nothing) => std::future::pending().await,
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
