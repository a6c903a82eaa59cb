//! A simulation as one HTML file that needs nothing else: no network, no script. It is readable in
//! light and in dark.

mod chart;
mod charts;
mod markup;
mod scale;

use charts::Drawn;
use markup::{Mood, escaped, facts, table};

use super::comparison::{flags, headline_words, row, tone};
use super::simulation::{group_headings, group_row, nodes, pods, sum_row, summary};
use super::table::Tone;
use crate::simulate::report::{Difference, Figure};
use crate::simulate::{Comparison, Report};

const STYLE: &str = include_str!("style.css");
/// Nothing is fetched and nothing runs, whatever a name in the snapshot contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// The figures in large type at the top.
const TILES: [Figure; 6] =
    [Figure::WaitP50, Figure::WaitP95, Figure::Cost, Figure::IdleCost, Figure::NodeHours, Figure::PeakNodes];

/// Renders a report.
#[must_use]
pub fn simulation_html(report: &Report) -> String {
    let one = Drawn { name: "", report };
    let body = [
        format!("<h1>{}</h1>\n{}", escaped(&summary(report)), tiles(report)),
        pictures(&[one]),
        format!("<h2>Groups</h2>\n{}", groups(report)),
        format!("<h2>Pods</h2>\n{}<h2>Nodes</h2>\n{}", facts(&pods(report)), facts(&nodes(report))),
        conditions("Policy and world", report),
    ];
    page(&summary(report), &body.concat())
}

/// Renders a comparison.
#[must_use]
pub fn comparison_html(comparison: &Comparison) -> String {
    let sides = [("A", &comparison.a), ("B", &comparison.b)];
    let headline = headline_words(comparison);
    let rows: Vec<_> = comparison.differences.iter().map(difference_row).collect();
    let mut body = vec![format!("<h1>{}</h1>\n", escaped(&headline))];
    body.extend(sides.map(|(name, side)| {
        let (flags, summary) = (escaped(&flags(&side.flags)), escaped(&summary(&side.report)));
        format!("<p><b>{name}</b>: <code>{flags}</code><br/><span class=\"pale\">{summary}</span></p>\n")
    }));
    body.push(format!("<h2>Differences</h2>\n{}", table("figures", &["figure", "A", "B", "B − A", "in percent"], &rows)));
    body.push(pictures(&sides.map(|(name, side)| Drawn { name, report: &side.report })));
    body.extend(sides.map(|(name, side)| format!("<h2>Groups: {name}</h2>\n{}", groups(&side.report))));
    body.extend(sides.map(|(name, side)| conditions(&format!("Policy and world of {name}"), &side.report)));
    page(&headline, &body.concat())
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n\
         <title>{} – ec2-autoscale simulate</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

fn tiles(report: &Report) -> String {
    let figures = report.figures();
    let tile = |figure: Figure| {
        let line = figures.iter().find(|line| line.figure == figure)?;
        let name = if figure == Figure::IdleCost { "costs of idle time".to_owned() } else { line.to_string() };
        Some(format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(&name), escaped(&line.amount?.to_string())))
    };
    format!("<dl class=\"tiles\">\n{}</dl>\n", TILES.into_iter().filter_map(tile).collect::<String>())
}

fn pictures(drawn: &[Drawn<'_>]) -> String {
    let mut text = String::new();
    for one in drawn {
        let name = if one.name.is_empty() { String::new() } else { format!(": {}", one.name) };
        text.push_str(&figure(&format!("Nodes{name}"), "By group, on top of each other.", &charts::nodes(*one, drawn)));
    }
    text.push_str(&figure("Pods waiting", "Pods that want a node and have none.", &charts::waiting(drawn)));
    if drawn.iter().any(|one| one.report.total.cost.is_some()) {
        text.push_str(&figure(
            "Costs so far",
            &priced("What the instances cost since the begin", drawn),
            &charts::spent(drawn),
        ));
        text.push_str(&figure("Costs an hour", &priced("What all instances cost that are there", drawn), &charts::rate(drawn)));
    }
    text.push_str(&figure("Waits", "Of the pods that got a node; all the time without one.", &charts::waits(drawn)));
    text
}

/// Renders a caption, and the groups that its sums leave out.
fn priced(caption: &str, drawn: &[Drawn<'_>]) -> String {
    match drawn.iter().any(|one| !one.report.unpriced.is_empty()) {
        true => format!("{caption}, as far as prices are known."),
        false => format!("{caption}."),
    }
}

fn figure(title: &str, caption: &str, drawn: &str) -> String {
    format!("<h2>{}</h2>\n<figure>\n<figcaption>{}</figcaption>\n{drawn}</figure>\n", escaped(title), escaped(caption))
}

fn groups(report: &Report) -> String {
    let headings: Vec<String> = group_headings(report).into_iter().map(str::to_lowercase).collect();
    let plain = |row: Vec<String>| row.into_iter().map(|text| (text, Mood::Plain)).collect::<Vec<_>>();
    let rows: Vec<_> = report.groups.iter().map(|group| group_row(report, group)).chain(sum_row(report)).map(plain).collect();
    table("groups", &headings.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

fn difference_row(difference: &Difference) -> Vec<(String, Mood)> {
    let [name, a, b, change, percent] = row(difference);
    let mood = match tone(difference) {
        Tone::More => Mood::Good,
        Tone::Less => Mood::Bad,
        Tone::Plain | Tone::Warning => Mood::Plain,
    };
    vec![(name, Mood::Plain), (a, Mood::Plain), (b, Mood::Plain), (change, mood), (percent, mood)]
}

/// Renders the conditions of the simulation, so that it can be repeated.
fn conditions(title: &str, report: &Report) -> String {
    let policy = super::json(&report.policy);
    let settings = super::json(&report.settings);
    format!(
        "<details><summary>{}</summary>\n<pre>{}</pre>\n<pre>{}</pre>\n</details>\n",
        escaped(title),
        escaped(policy.trim_end()),
        escaped(settings.trim_end())
    )
}
