//! Why the rules do not permit a model.

use crate::types::Place;

/// The rule that keeps a model from being used. Its text goes on after the model's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A block list has it. Whatever allows it does not count.
    #[error("is blocked by {at}; remove it there to allow it")]
    Blocked {
        /// The entry that blocks it.
        at: Place,
    },
    /// An allow list has it not.
    #[error("is not in {by}; add it there to allow it")]
    NotAllowed {
        /// The list that decides.
        by: Place,
    },
}

impl Refusal {
    /// Where the rule stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        match self {
            Self::Blocked { at } => at,
            Self::NotAllowed { by } => by,
        }
    }

    /// The word for it in output for programs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Blocked { .. } => "blocked",
            Self::NotAllowed { .. } => "not_allowed",
        }
    }
}
