//! The results of a history: the figures by which one policy is better than another.

mod account;
mod comparison;
mod document;
mod figure;
mod flaps;
mod gangs;
mod money;
mod series;
#[cfg(test)]
pub(crate) mod test_report;
#[cfg(test)]
mod tests;
mod utilisation;
mod waits;

pub use account::{Account, GroupAccount};
pub use comparison::{COMPARISON_SCHEMA, Comparison, Difference, Side};
pub use document::{PodFigures, REPORT_SCHEMA, Report};
pub use figure::{Amount, Figure, FigureLine, Unit, Wish};
pub use flaps::{FLAP_WINDOW, Flaps};
pub use gangs::GangFigures;
pub use money::Usd;
pub use series::Moment;
pub use utilisation::Utilisation;
pub use waits::{WaitBin, Waits};
