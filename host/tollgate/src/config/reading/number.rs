//! Numbers, amounts of money, and words of which there are few.

use super::{Field, Reading, nearest, scalar};
use crate::config::mistake::Problem;
use crate::config::scalar::{Meaning, Scalar};
use crate::types::Nanocents;

/// The largest number that a file can say.
const MOST: u64 = i64::MAX.unsigned_abs();

impl Reading<'_> {
    /// A whole number within bounds, in decimal digits.
    pub(in crate::config) fn integer(&mut self, field: &Field<'_>, least: u64, most: u64) -> Option<u64> {
        let value = match scalar(field).map(Scalar::meaning) {
            Some(Meaning::Integer(value)) => u64::try_from(value).ok(),
            Some(Meaning::Huge) => None,
            _ => return self.wrong_type(field, "a whole number in decimal digits"),
        };
        let value = value.filter(|value| (least..=most).contains(value));
        if value.is_none() {
            self.note(field, Problem::OutOfRange { least, most }, None);
        }
        value
    }

    /// An amount of US dollars: the digits as they stand there, never a float.
    pub(in crate::config) fn usd(&mut self, field: &Field<'_>) -> Option<Nanocents> {
        let number = scalar(field).filter(|scalar| {
            matches!(scalar.meaning(), Meaning::Integer(_) | Meaning::Number(_) | Meaning::Huge)
        });
        let Some(number) = number else {
            return self.wrong_type(field, "an amount of US dollars such as `0.50`");
        };
        match Nanocents::from_usd(&number.text) {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.unfit(field, error.to_string(), "");
                None
            }
        }
    }

    /// An amount in nanocents.
    pub(in crate::config) fn nanocents(&mut self, field: &Field<'_>) -> Option<Nanocents> {
        let number = self.integer(field, 0, MOST)?;
        i64::try_from(number).ok().and_then(Nanocents::new)
    }

    /// One of a few words, in the file itself.
    pub(in crate::config) fn choice<T: Copy>(
        &mut self,
        field: &Field<'_>,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        if field.is_expansion() {
            return self.wrong_type(field, "a text");
        }
        let text = self.text(field)?;
        let found = all.iter().copied().find(|one| word(*one) == text.value);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
            let suggestion = nearest(&text.value, &words).map(|near| format!("did you mean `{near}`?"));
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            self.note(field, Problem::Unfit(format!("takes one of {}", quoted.join(", "))), suggestion);
        }
        found
    }
}
