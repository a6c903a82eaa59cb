//! The frontier of a sweep: money against waiting, one mark for each policy.

use super::chart::{Lane, TOP, across, axis_words, line, picture, tick};
use super::markup::escaped;
use super::palette::{block, legend};
use super::scale::{Scale, number};
use crate::render::sweep::{frontier, mean_wait};
use crate::simulate::Sweep;
use crate::simulate::report::{Amount, SweepPoint, Unit};

const TALL: f64 = 250.0;
const SECONDS_OF_A_MINUTE: f64 = 60.0;

/// Draws the points of a sweep.
pub(super) fn scatter(sweep: &Sweep) -> String {
    if sweep.points.is_empty() {
        return "<p class=\"pale\">There is no policy in this part.</p>\n".to_owned();
    }
    let plane = Plane::new(sweep);
    let steps = frontier(sweep).into_iter().map(|point| plane.place(point));
    let path = format!("<path class=\"edge\" d=\"{}\"/>\n", line(steps));
    // What is on the frontier is drawn last, over the others.
    let (on, off): (Vec<&SweepPoint>, Vec<&SweepPoint>) = sweep.points.iter().partition(|point| point.on_frontier);
    let marks: String = off.into_iter().chain(on).map(|point| plane.mark(point)).collect();
    let base = plane.lane.base;
    let words = if sweep.has_prices() { "costs in $" } else { "node-hours" };
    let all = format!("{}{}{}", plane.lane.with(&format!("{path}{marks}")), plane.ticks(), axis_words(base, words));
    let keys = [
        ("on the frontier".to_owned(), block("var(--p0)")),
        ("another is as good or better in both".to_owned(), block("var(--rest)")),
    ];
    format!("{}{}", legend(&keys), picture("Costs and mean wait of each policy", base, &all))
}

/// The axes of money and of waiting.
struct Plane<'a> {
    sweep: &'a Sweep,
    money: Scale,
    lane: Lane<'static>,
}

impl<'a> Plane<'a> {
    fn new(sweep: &'a Sweep) -> Self {
        let money = sweep.points.iter().map(|point| amount(sweep.money(point))).fold(0.0, f64::max);
        let wait = sweep.points.iter().map(minutes).fold(0.0, f64::max);
        let lane = Lane { unit: "mean wait, minutes", top: TOP, base: TOP + TALL, scale: Scale::up_to(wait, false) };
        Self { sweep, money: Scale::up_to(money, false), lane }
    }

    fn place(&self, point: &SweepPoint) -> (f64, f64) {
        (across(amount(self.sweep.money(point)) / self.money.top), self.lane.y(minutes(point)))
    }

    fn mark(&self, point: &SweepPoint) -> String {
        let (x, y) = self.place(point);
        let class = if point.on_frontier { "best" } else { "beaten" };
        let values = self.sweep.axes.iter().zip(&point.values).map(|(axis, value)| format!("{}={value}", axis.flag));
        let values = values.collect::<Vec<_>>().join(" ");
        let title = escaped(&format!("{values}: {}, mean wait {}", self.sweep.money(point), mean_wait(point)));
        format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"><title>{title}</title></circle>\n")
    }

    fn ticks(&self) -> String {
        let ticks = self.money.ticks().into_iter();
        ticks.map(|(value, label)| tick(across(value / self.money.top), self.lane.base, &label)).collect()
    }
}

/// Returns an amount in dollars or hours.
fn amount(amount: Amount) -> f64 {
    let parts = match amount.unit {
        Unit::MicroUsd => 1_000_000.0,
        Unit::InstanceSeconds => 3600.0,
        Unit::Count | Unit::Seconds | Unit::PerMille => 1.0,
    };
    number(amount.number.unsigned_abs()) / parts
}

fn minutes(point: &SweepPoint) -> f64 {
    number(point.waited.0) / number(u64::from(point.pods).max(1)) / SECONDS_OF_A_MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sweep::tests::six_points;

    /// The axis of money ends at $40, and that of waiting at 0.9 minutes or so.
    #[test]
    fn a_mark_is_where_its_money_and_its_wait_are() {
        let sweep = six_points();
        let html = scatter(&sweep);
        let plane = Plane::new(&sweep);
        let (x, y) = plane.place(&sweep.points[4]);
        assert!((x - 736.0).abs() < 0.05 && (y - plane.lane.y(10.0 / 60.0)).abs() < 0.05, "{x} {y}");
        assert!(html.contains(&format!("<circle class=\"best\" cx=\"736.0\" cy=\"{y:.1}\"")), "{html}");
        assert_eq!((html.matches("class=\"best\"").count(), html.matches("class=\"beaten\"").count()), (4, 2));
    }
}
