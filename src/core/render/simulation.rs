//! The results of a simulation, for a terminal.

use comfy_table::Table;

use super::explanation::{align_right, facts, headline, keep_whole, readable_page};
use super::simulation_why::why;
use super::table::{Page, Tone, finished, section};
use crate::duration::Seconds;
use crate::plan::count;
use crate::simulate::report::{Account, Amount, FLAP_WINDOW, Figure, FigureLine, GangFigures, GroupAccount, Unit, Usd, Waits};
use crate::simulate::{Planner, Report};

/// Renders a report. `width` is that of the terminal in columns.
#[must_use]
pub fn simulation(report: &Report, width: Option<u16>, colour: bool) -> String {
    let page = readable_page(width, colour);
    let mut text = headline(&page, &summary(report));
    section(&mut text, None, &groups(report, &page));
    section(&mut text, Some("PODS"), &facts(&page, pods(report)));
    for (title, lines) in why(report) {
        section(&mut text, Some(title), &facts(&page, lines.iter().map(|(name, words)| (name.as_str(), words.clone()))));
    }
    section(&mut text, Some("NODES"), &facts(&page, nodes(report)));
    text
}

/// Returns a line such as `1d simulated from 2026-11-22 00:00 UTC: 1240 pods, wait p50 45s and p95
/// 6m; $412.31`.
pub(super) fn summary(report: &Report) -> String {
    let begin = report.started_at.strftime("%F %H:%M UTC");
    let pods = &report.pods;
    let wait = |waits: &Waits| format!(", wait p50 {} and p95 {}", waits.p50, waits.p95);
    let parts = [
        Some(format!("{} simulated from {begin}{}: {}", report.lasted, decider(report), count(pods.came.into(), "pod"))),
        report.waits.as_ref().map(wait),
        report.total.cost.map(|cost| format!("; {cost}")),
        (pods.unfinished > 0).then(|| format!("; {} cut off by the end", count(pods.unfinished.into(), "pod"))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().concat()
}

/// Returns who decides, where that is a model.
fn decider(report: &Report) -> String {
    match report.settings.planner {
        Planner::Ours => String::new(),
        model => format!(" with {model}, a model of its documentation"),
    }
}

/// The columns of the table of groups besides names and counts, also for HTML: those that have a
/// value.
struct GroupColumns {
    prices: bool,
    failures: bool,
    flaps: bool,
}

impl GroupColumns {
    fn from_report(report: &Report) -> Self {
        let total = &report.total;
        Self { prices: total.cost.is_some(), failures: total.failed_launches > 0, flaps: total.flaps.sum() > 0 }
    }

    /// Chooses the values of the columns that are shown. Idle time is shown as money where prices
    /// are known.
    fn choose<T>(self, idle: T, money: [T; 2], failures: T, flaps: T) -> impl Iterator<Item = T> {
        let (idle, money) = if self.prices { (None, Some(money)) } else { (Some(idle), None) };
        let troubles = [self.failures.then_some(failures), self.flaps.then_some(flaps)];
        idle.into_iter().chain(money.into_iter().flatten()).chain(troubles.into_iter().flatten())
    }
}

/// Returns the headings of the table of groups, also for HTML.
pub(super) fn group_headings(report: &Report) -> Vec<&'static str> {
    let first = ["GROUP", "REGION", "PODS", "PEAK", "HOURS"];
    let more = GroupColumns::from_report(report).choose("IDLE", ["COSTS", "IDLE"], "FAILED", "FLAPS");
    first.into_iter().chain(more).collect()
}

/// Returns a row of the table of groups: the name, the region, and the numbers.
pub(super) fn group_row(report: &Report, group: &GroupAccount) -> Vec<String> {
    let mut row =
        vec![group.group.name.clone(), group.group.region.clone(), group.pods.to_string(), group.peak_nodes.to_string()];
    row.extend(account_cells(report, &group.account));
    row
}

/// Returns the last row, where there are several groups.
pub(super) fn sum_row(report: &Report) -> Option<Vec<String>> {
    let pods: u32 = report.groups.iter().map(|group| group.pods).sum();
    let mut row = vec!["in all".to_owned(), String::new(), pods.to_string(), report.peak_nodes.to_string()];
    row.extend(account_cells(report, &report.total));
    (report.groups.len() > 1).then_some(row)
}

fn account_cells(report: &Report, account: &Account) -> Vec<String> {
    let idle = (account.idle_time.0 * 100 + account.time.0 / 2).checked_div(account.time.0);
    let idle = idle.map_or_else(String::new, |percent| format!("{percent} %"));
    let shown = |money: Option<Usd>| money.map_or_else(|| "?".to_owned(), |money| money.to_string());
    let money = [shown(account.cost), shown(account.idle_cost)];
    let (failures, flaps) = (account.failed_launches.to_string(), account.flaps.sum().to_string());
    std::iter::once(node_hours(account.time))
        .chain(GroupColumns::from_report(report).choose(idle, money, failures, flaps))
        .collect()
}

fn node_hours(time: Seconds) -> String {
    Amount { unit: Unit::InstanceSeconds, number: i64::try_from(time.0).unwrap_or(i64::MAX) }.to_string()
}

fn groups(report: &Report, page: &Page) -> Table {
    let mut table = page.table();
    if report.groups.is_empty() {
        return table;
    }
    let mut headings: Vec<String> = group_headings(report).into_iter().map(str::to_owned).collect();
    headings[0].insert_str(0, "  ");
    let columns = headings.len();
    table.set_header(headings);
    for group in &report.groups {
        let tone = if group.account.instances == 0 { Tone::Plain } else { tone(&group.account) };
        table.add_row(cells(page, tone, &group_row(report, group)));
    }
    if let Some(row) = sum_row(report) {
        table.add_row(cells(page, Tone::Plain, &row));
    }
    align_right(&mut table, 2..columns);
    keep_whole(&mut table, 0);
    keep_whole(&mut table, 1);
    finished(table)
}

/// Marks a group that failed or flapped, which is worth a second look.
fn tone(account: &Account) -> Tone {
    if account.failed_launches > 0 || account.flaps.sum() > 0 { Tone::Warning } else { Tone::Plain }
}

fn cells(page: &Page, tone: Tone, row: &[String]) -> Vec<comfy_table::Cell> {
    let (name, rest) = row.split_first().expect("a row begins with a name");
    std::iter::once(page.name(tone, name)).chain(rest.iter().map(|text| page.cell(tone, text))).collect()
}

/// Returns the facts about the pods.
pub(super) fn pods(report: &Report) -> Vec<(&'static str, String)> {
    let pods = &report.pods;
    let mut facts = vec![("came", format!("{}, {} of them ended", pods.came, pods.ended))];
    if let Some(waits) = &report.waits {
        facts.push(("wait", format!("p50 {}, p95 {}, p99 {}, longest {}", waits.p50, waits.p95, waits.p99, waits.max)));
    }
    if pods.never_bound > 0 {
        let longest = format!("{} for want of a node to the end, up to {}", wait(pods.never_bound), pods.never_bound_longest);
        facts.push(("no node", longest));
    }
    facts.extend(report.gangs.as_ref().map(|gangs| ("gangs", gang_words(gangs))));
    facts.push(("most waiting", pods.peak_waiting.to_string()));
    match report.makespan {
        Some(makespan) => facts.push(("makespan", makespan.to_string())),
        None if pods.unfinished > 0 => facts.push(("cut off", format!("{} by the end of the simulation", pods.unfinished))),
        None => {}
    }
    if pods.evictions > 0 || pods.losses > 0 {
        let (evictions, losses) = (count(pods.evictions.into(), "eviction"), count(pods.losses.into(), "lost node"));
        facts.push(("in vain", format!("{} of work: {evictions}, {losses}", pods.lost_work)));
    }
    facts
}

fn gang_words(gangs: &GangFigures) -> String {
    let waits = gangs.waits.as_ref();
    let waits = waits.map(|waits| format!(", wait p50 {}, p95 {}, longest {}", waits.p50, waits.p95, waits.max));
    let never = (gangs.never_started > 0).then(|| format!("; {} never ran", gangs.never_started));
    [Some(gangs.came.to_string()), waits, never].into_iter().flatten().collect()
}

fn wait(pods: u32) -> String {
    if pods == 1 { "1 pod waited".to_owned() } else { format!("{pods} pods waited") }
}

/// Returns the facts about the nodes.
pub(super) fn nodes(report: &Report) -> Vec<(&'static str, String)> {
    let total = &report.total;
    let used: Vec<String> = report
        .figures()
        .into_iter()
        .filter(|line| line.figure == Figure::Utilisation)
        .filter_map(|FigureLine { resource, amount, .. }| Some(format!("{} {}", resource?, amount?)))
        .collect();
    let mut facts = vec![("instances", format!("{}, at most {} Ready at a time", total.instances, report.peak_nodes))];
    if !used.is_empty() {
        facts.push(("requested", format!("{} of what was offered", used.join(", "))));
    }
    if let (Some(cost), Some(idle), Some(spot)) = (total.cost, total.idle_cost, total.spot_cost) {
        let without = match report.unpriced.len() {
            0 => String::new(),
            groups => format!("; without {} whose price is not known", count(groups as u64, "group")),
        };
        facts.push(("costs", format!("{cost}, of that {idle} idle and {spot} spot{without}")));
    }
    if let Some(gangs) = &report.gangs {
        facts.push(("torn gangs", format!("{} node-hours for gangs that could not start", node_hours(gangs.instance_time))));
    }
    if let Some(held) = report.held_for_buffers {
        facts.push(("buffers", format!("{} node-hours held for them alone", node_hours(held))));
    }
    if total.reserved_time.0 > 0 {
        let worth = total.reserved_worth.map_or_else(String::new, |worth| format!(", {worth} on demand"));
        facts.push(("reserved", format!("{} of machines, paid anyway{worth}", total.reserved_time)));
    }
    if total.interruptions > 0 {
        facts.push(("spot", format!("{} by the cloud", count(total.interruptions.into(), "interruption"))));
    }
    if total.failed_launches > 0 {
        facts.push((
            "failed",
            if total.failed_launches == 1 { "1 launch".to_owned() } else { format!("{} launches", total.failed_launches) },
        ));
    }
    if total.flaps.sum() > 0 {
        let (never, again) = (total.flaps.never_used, total.flaps.bought_again);
        facts.push(("flaps", format!("{never} bought and never used, {again} gone and bought again within {FLAP_WINDOW}")));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::report::test_report;

    #[test]
    fn a_report_fits_80_columns() {
        let text = simulation(&test_report::small_report(), Some(80), false);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert_eq!(
            text,
            "\
2h simulated from 2026-11-22 00:00 UTC: 3 pods, wait p50 30s and p95 5m; $0.84

  GROUP   REGION     PODS  PEAK  HOURS  COSTS   IDLE  FAILED
! cpu     us-west-2     1     1    2.0  $0.72  $0.36       1
! spot    us-east-1     1     1    1.0  $0.12  $0.02       2
  in all                2     2    3.0  $0.84  $0.38       3

PODS
  came          3, 2 of them ended
  wait          p50 30s, p95 5m, p99 5m, longest 5m
  no node       1 pod waited for want of a node to the end, up to 1m 30s
  most waiting  2
  makespan      1h 49m
  in vain       8m 20s of work: 0 evictions, 1 lost node

WHY PODS WAITED
  boot  7m of waiting (100.0 %), 3 pods

PODS WITHOUT A NODE TO THE END
  1 pod  batch/p-1200, up to 1m 30s: no run has seen it

LONGEST WAITS
  5m   batch/p-600: boot 5m
  30s  batch/p-60: boot 30s

NODES
  instances  2, at most 2 Ready at a time
  requested  cpu 44.4 %, memory 16.7 %, nvidia.com/gpu 41.7 % of what was
             offered
  costs      $0.84, of that $0.38 idle and $0.12 spot
  spot       1 interruption by the cloud
  failed     3 launches
"
        );
    }

    #[test]
    fn without_prices_no_dollar_is_named() {
        let mut history = test_report::two_hours();
        history.instances.iter_mut().for_each(|instance| instance.price = None);
        let report = Report::new(&history, crate::policy::Policy::default(), crate::simulate::Settings::default());
        let text = simulation(&report, Some(80), false);
        assert!(!text.contains('$') && text.contains("HOURS  IDLE  FAILED"), "{text}");
    }

    #[test]
    fn what_did_not_happen_has_no_line() {
        let report =
            Report::new(&test_report::history(), crate::policy::Policy::default(), crate::simulate::Settings::default());
        assert!(simulation(&report, Some(80), false).starts_with("0s simulated from 2026-11-22 00:00 UTC: 0 pods\n"));
    }
}
