//! Which model a caller gets, and whether he may: pure rules over what the operator wrote and which models there are.

mod rules;

pub use rules::{Alias, ModelRef, ModelRules, Named, PurposeRules};
