//! What the operator says about money: what is held before a prompt, how much may be spent, and what models cost.

use crate::policy::Named;
use crate::types::{Nanocents, Place, Purpose};

/// How much is held before a prompt is sent, where something counts money: `reservations`.
///
/// A `_nanocents` key beats its `_usd` sibling.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Reservations {
    /// `auto_reservation_*`: for one prompt or one chain, at the least. `None`: [`Reservations::AUTO`].
    pub auto: Option<Nanocents>,
    /// `default_reservation_*`: for a group for which nothing more specific is set. `None`: [`Reservations::DEFAULT`].
    pub default: Option<Nanocents>,
    /// `purposes.<p>.reservation_*`: for a group with that purpose. Only purposes with an amount, each once.
    pub purposes: Vec<PurposeReservation>,
    /// `models.<id>.reservation_*`: for a group on that model, where its purpose has none. Only models with an amount.
    pub models: Vec<ModelReservation>,
}

impl Reservations {
    /// What one prompt or one chain holds at the least where nothing is written: 0.10 US dollars.
    pub const AUTO: Nanocents = cents(10);
    /// What a group holds where nothing is written: 0.50 US dollars.
    pub const DEFAULT: Nanocents = cents(50);
}

const fn cents(cents: i64) -> Nanocents {
    match Nanocents::new(cents * 1_000_000_000) {
        Some(amount) => amount,
        None => Nanocents::ZERO,
    }
}

/// What a group with a purpose holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PurposeReservation {
    /// The purpose.
    pub purpose: Purpose,
    /// How much.
    pub amount: Nanocents,
}

/// What a group on a model holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelReservation {
    /// The model.
    pub model: Named,
    /// How much.
    pub amount: Nanocents,
}

/// One limit: how much may be spent, by whom, in which time. `limits.<name>`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LimitConfig {
    /// Its name, for messages; 1 to 128 bytes of printable text.
    pub name: String,
    /// Whose spending counts together.
    pub scope: LimitScope,
    /// In which time.
    pub window: LimitWindow,
    /// `amount_usd`: how much; more than nothing.
    pub amount: Nanocents,
    /// Only prompts for this purpose. `None`: all.
    pub purpose: Option<Purpose>,
    /// Only prompts to this model. `None`: all.
    pub model: Option<Named>,
    /// Where it stands.
    pub at: Place,
}

/// Whose spending a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitScope {
    /// Each actor by itself; those without an id are one.
    Actor,
    /// Everybody's.
    Instance,
}

impl LimitScope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Actor, Self::Instance];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Instance => "instance",
        }
    }
}

/// The time in which a limit counts: rolling back from now, or since a calendar period began (UTC; weeks on Monday).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitWindow {
    /// The last 24 hours.
    Rolling24h,
    /// The last 7 days.
    Rolling7d,
    /// The last 30 days.
    Rolling30d,
    /// Since midnight.
    CalendarDay,
    /// Since Monday's midnight.
    CalendarWeek,
    /// Since the midnight of the month's first day.
    CalendarMonth,
}

impl LimitWindow {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Rolling24h,
        Self::Rolling7d,
        Self::Rolling30d,
        Self::CalendarDay,
        Self::CalendarWeek,
        Self::CalendarMonth,
    ];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rolling24h => "rolling-24h",
            Self::Rolling7d => "rolling-7d",
            Self::Rolling30d => "rolling-30d",
            Self::CalendarDay => "calendar-day",
            Self::CalendarWeek => "calendar-week",
            Self::CalendarMonth => "calendar-month",
        }
    }
}

/// What one model costs: `prices.<id>`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PriceConfig {
    /// The model.
    pub model: Named,
    /// What it costs.
    pub rates: Rates,
    /// Other rates for long prompts, by ascending length.
    pub tiers: Vec<PriceTier>,
}

/// What a million tokens of each class cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rates {
    /// Input that was neither read from a cache nor written to one.
    pub input: Nanocents,
    /// Output, reasoning included.
    pub output: Nanocents,
    /// Input that was read from a cache. `None`: as `input`.
    pub cached_input: Option<Nanocents>,
    /// Input that was written to a cache. `None`: as `input`.
    pub cache_write: Option<Nanocents>,
}

/// Rates for long prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceTier {
    /// For prompts of more input tokens than this, all of whose tokens then cost so.
    pub above_tokens: u64,
    /// What they cost.
    pub rates: Rates,
}

/// What becomes of a prompt to a model without a price where money is counted: `unpriced`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unpriced {
    /// It is refused.
    #[default]
    Refuse,
    /// It runs, and its cost is recorded as unknown.
    Allow,
}

impl Unpriced {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Allow];

    /// The word for it in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Allow => "allow",
        }
    }
}
