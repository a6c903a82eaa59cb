//! The values that flags take.

/// The values that a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// No value: it is a switch.
    Nothing,
    /// One value.
    One {
        /// The only values that are allowed; empty when others are.
        choices: &'static [&'static str],
        /// Whether it may be a negative number.
        negative: bool,
        /// What the flag means without a value, if it may stand alone.
        alone: Option<&'static str>,
    },
    /// Any number of values, separated by commas.
    List,
}

impl Takes {
    pub(super) const ONE: Self = Self::one_of(&[]);
    pub(super) const NEGATIVE_TOO: Self = Self::One { choices: &[], negative: true, alone: None };

    pub(super) const fn one_of(choices: &'static [&'static str]) -> Self {
        Self::One { choices, negative: false, alone: None }
    }
}
