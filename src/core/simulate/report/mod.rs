//! The results of a history: the figures by which one policy is better than another.

mod account;
mod comparison;
mod document;
mod figure;
mod flaps;
mod gangs;
mod money;
mod series;
mod sweep;
#[cfg(test)]
pub(crate) mod test_report;
#[cfg(test)]
mod tests;
mod troubles;
mod utilisation;
mod waits;
mod why;

pub use account::{Account, GroupAccount};
pub use comparison::{COMPARISON_SCHEMA, ComparedFigure, ComparedValue, Comparison, Side};
pub use document::{PodFigures, REPORT_SCHEMA, Report};
pub use figure::{Amount, Figure, FigureLine, Unit, Wish};
pub use flaps::{FLAP_WINDOW, Flaps};
pub use gangs::GangFigures;
pub use money::Usd;
pub use series::Moment;
pub use sweep::{MergeError, PointFigure, SWEEP_SCHEMA, Sweep, SweepAxis, SweepPart, SweepPoint, size, values_at};
pub use troubles::{FailedLaunches, OutagePeriod};
pub use utilisation::Utilisation;
pub use waits::{WaitBin, Waits};
pub use why::{CauseFigures, GroupHeldBack, LongWait, LongWaitPart, NoNode, PlanReason};
