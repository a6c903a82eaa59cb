//! Simulations and plans as one HTML file that needs nothing else: no network, no script. It is
//! readable in light and in dark.

mod chart;
#[cfg(test)]
mod contrast;
mod curves;
mod frontier;
mod markup;
mod palette;
mod plan;
mod scale;
mod story;
mod timeline;

use curves::Drawn;
use markup::{Mood, escaped, facts, table};
use palette::Palette;
use timeline::{SharedScales, timeline};

use super::comparison::{change, difference_heading, figure_name, flags, headline_words, percent, shown, tone};
use super::simulation::{group_headings, group_row, nodes, pods, sum_row, summary};
use super::simulation_why::why;
use super::sweep::{by_money, point_cells, point_headings, sweep_words};
use super::table::Tone;
use crate::simulate::report::{ComparedFigure, ComparedValue, Figure};
use crate::simulate::{Comparison, Report, Side, Sweep};

pub use plan::plan_html;

const STYLE: &str = include_str!("style.css");
/// Nothing is fetched and nothing runs, whatever a name in the snapshot contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// The figures in large type at the top.
const TILES: [Figure; 6] =
    [Figure::WaitP50, Figure::WaitP95, Figure::Cost, Figure::IdleCost, Figure::NodeHours, Figure::PeakNodes];
/// With more groups than this the table of them is folded away.
const FEW_GROUPS: usize = 24;

/// Renders a report. `made_by` is the command that made it.
#[must_use]
pub fn simulation_html(report: &Report, made_by: &str) -> String {
    let palette = Palette::new(std::iter::once(report));
    let drawn = timeline(report, "", &palette, SharedScales::new(&[report]), report.lasted);
    let waits = curves::waits(&[Drawn { name: "", report }]);
    let body = [
        format!("<h1>{}</h1>\n{}{}", escaped(&summary(report)), told(report), tiles(report)),
        figure("What happened", &timeline_caption(&[report]), &drawn),
        figure("Waits", "Of the pods that got a node; all the time without one.", &waits),
        reasons(report),
        groups("Groups", report),
        format!("<h2>Pods</h2>\n{}<h2>Nodes</h2>\n{}", facts(&pods(report)), facts(&nodes(report))),
        command(made_by),
        conditions("Policy and world", report),
    ];
    page(&summary(report), "simulate", &body.concat())
}

/// Renders a comparison. `made_by` is the command that made it.
#[must_use]
pub fn comparison_html(comparison: &Comparison, made_by: &str) -> String {
    let headline = headline_words(comparison);
    let sides = &comparison.sides;
    let mut body = vec![format!("<h1>{}</h1>\n", escaped(&headline))];
    body.extend(sides.iter().map(side_words));
    body.extend((1..sides.len()).map(|place| delta_tiles(comparison, place)));
    let drawn: Vec<Drawn<'_>> = sides.iter().map(|side| Drawn { name: &side.name, report: &side.report }).collect();
    let has_prices = drawn.iter().all(|one| one.report.total.cost.is_some());
    if let ([first, others @ ..], true) = (drawn.as_slice(), has_prices) {
        let charts: String = (1..).zip(others).map(|(place, other)| curves::between(*first, (place, *other))).collect();
        body.push(figure("Costs so far", "The area between is what one has spent more than the other.", &charts));
    }
    body.push(figure("Waits", "Of the pods that got a node; all the time without one.", &curves::waits(&drawn)));
    body.push(differences(comparison));
    let reports: Vec<&Report> = sides.iter().map(|side| &side.report).collect();
    let palette = Palette::new(reports.iter().copied());
    let scales = SharedScales::new(&reports);
    let lasted = reports.iter().map(|report| report.lasted).max().unwrap_or_default();
    for side in sides {
        let drawn = timeline(&side.report, &side.name, &palette, scales, lasted);
        body.push(figure(&format!("What happened: {}", side.name), &timeline_caption(&reports), &drawn));
        body.push(reasons(&side.report));
    }
    body.extend(sides.iter().map(|side| groups(&format!("Groups: {}", side.name), &side.report)));
    body.push(command(made_by));
    body.extend(sides.iter().map(|side| conditions(&format!("Policy and world of {}", side.name), &side.report)));
    page(&headline, "simulate --compare", &body.concat())
}

/// Renders a sweep. `made_by` is the command that made it.
#[must_use]
pub fn sweep_html(sweep: &Sweep, made_by: &str) -> String {
    let headline = sweep_words(sweep);
    let heads: Vec<&str> =
        sweep.axes.iter().map(|axis| axis.flag.as_str()).chain(point_headings(sweep)).chain(["frontier"]).collect();
    let row = |point: &crate::simulate::report::SweepPoint| {
        let cells = point.values.iter().cloned().chain(point_cells(sweep, point)).map(|text| (text, Mood::Plain));
        let mark = if point.on_frontier { "●" } else { "" };
        cells.chain([(mark.to_owned(), Mood::Plain)]).collect::<Vec<_>>()
    };
    let rows: Vec<_> = by_money(sweep).into_iter().map(row).collect();
    let caption = "One mark a policy: the further left the cheaper, the lower the shorter the waits.";
    let body = [
        format!("<h1>{}</h1>\n", escaped(&headline)),
        figure("Money against waiting", caption, &frontier::scatter(sweep)),
        format!("<h2>Policies</h2>\n{}", table("points", &heads, &rows)),
        command(made_by),
    ];
    page(&headline, "simulate --sweep", &body.concat())
}

fn page(title: &str, of: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n\
         <title>{} – ec2-autoscale {of}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{}{body}</body>\n</html>\n",
        escaped(title),
        palette::patterns(),
    )
}

fn told(report: &Report) -> String {
    format!("<p class=\"story\">{}</p>\n", escaped(&story::story(report)))
}

/// Renders the command that made the file, so that it can be repeated.
fn command(made_by: &str) -> String {
    if made_by.is_empty() {
        return String::new();
    }
    format!("<h2>Made by</h2>\n<p class=\"made\"><code>{}</code></p>\n", escaped(made_by))
}

fn tile(name: &str, value: &str, below: &str, mood: Mood) -> String {
    let below = if below.is_empty() { String::new() } else { format!("<dd{}>{}</dd>", mood.class(), escaped(below)) };
    format!("<div><dt>{}</dt><dd>{}</dd>{below}</div>\n", escaped(name), escaped(value))
}

fn tile_name(figure: Figure) -> String {
    if figure == Figure::IdleCost { "costs of idle time".to_owned() } else { figure.to_string() }
}

fn tiles(report: &Report) -> String {
    let figures = report.figures();
    let of = |figure: Figure| {
        let line = figures.iter().find(|line| line.figure == figure)?;
        Some(tile(&tile_name(figure), &line.amount?.to_string(), "", Mood::Plain))
    };
    format!("<dl class=\"tiles\">\n{}</dl>\n", TILES.into_iter().filter_map(of).collect::<String>())
}

/// Renders how a side differs from the first in the figures that matter most.
fn delta_tiles(comparison: &Comparison, place: usize) -> String {
    let of = |figure: Figure| {
        let known = comparison.figure(figure)?;
        let value = *known.values.get(place)?;
        value.difference?;
        let percent = percent(known.unit, value).map(|percent| format!(" ({percent})")).unwrap_or_default();
        let below = format!("{}{percent}", change(known.unit, value));
        Some(tile(&tile_name(figure), &shown(known.unit, value.value), &below, mood(figure, value)))
    };
    let tiles: String = TILES.into_iter().filter_map(of).collect();
    let (first, own) = (&comparison.sides[0].name, &comparison.sides[place].name);
    format!("<h2>{} against {}</h2>\n<dl class=\"tiles\">\n{tiles}</dl>\n", escaped(own), escaped(first))
}

fn side_words(side: &Side) -> String {
    let (name, flags) = (escaped(&side.name), escaped(&flags(&side.flags)));
    let (summary, story) = (escaped(&summary(&side.report)), escaped(&story::story(&side.report)));
    format!("<p><b>{name}</b>: <code>{flags}</code><br/>{story}<br/><span class=\"pale\">{summary}</span></p>\n")
}

fn mood(figure: Figure, value: ComparedValue) -> Mood {
    match tone(figure, value) {
        Tone::More => Mood::Good,
        Tone::Less => Mood::Bad,
        Tone::Plain | Tone::Warning => Mood::Plain,
    }
}

/// Renders all figures of all sides: of two with their difference, of more each with its own.
fn differences(comparison: &Comparison) -> String {
    let names = comparison.sides.iter().map(|side| side.name.clone());
    let is_two = comparison.sides.len() == 2;
    let more = if is_two { vec![difference_heading(comparison), "in percent".to_owned()] } else { Vec::new() };
    let heads: Vec<String> = std::iter::once("figure".to_owned()).chain(names).chain(more).collect();
    let row = |figure: &ComparedFigure| {
        let cell = |(place, value): (usize, &ComparedValue)| match is_two || place == 0 {
            true => (shown(figure.unit, value.value), Mood::Plain),
            false => {
                (format!("{} ({})", shown(figure.unit, value.value), change(figure.unit, *value)), mood(figure.figure, *value))
            }
        };
        let mut row = vec![(figure_name(figure), Mood::Plain)];
        row.extend(figure.values.iter().enumerate().map(cell));
        if let (true, Some(last)) = (is_two, figure.values.last()) {
            let mood = mood(figure.figure, *last);
            let difference = last.difference.map_or_else(String::new, |_| change(figure.unit, *last));
            row.extend([(difference, mood), (percent(figure.unit, *last).unwrap_or_default(), mood)]);
        }
        row
    };
    let rows: Vec<_> = comparison.figures.iter().map(row).collect();
    format!("<h2>Differences</h2>\n{}", table("figures", &heads.iter().map(String::as_str).collect::<Vec<_>>(), &rows))
}

fn timeline_caption(reports: &[&Report]) -> String {
    let unpriced = reports.iter().any(|report| !report.unpriced.is_empty() && report.total.cost.is_some());
    let priced = if unpriced { " Costs are those of the groups whose prices are known." } else { "" };
    format!("Groups on top of each other, in one colour each. A number marks what is listed below.{priced}")
}

/// Renders why pods waited.
fn reasons(report: &Report) -> String {
    let section = |(title, lines): (&str, Vec<(String, String)>)| {
        let lines: Vec<(&str, String)> = lines.iter().map(|(name, words)| (name.as_str(), words.clone())).collect();
        let title = title.chars().take(1).chain(title.to_lowercase().chars().skip(1)).collect::<String>();
        format!("<h2>{}</h2>\n{}", escaped(&title), facts(&lines))
    };
    why(report).into_iter().map(section).collect()
}

fn figure(title: &str, caption: &str, drawn: &str) -> String {
    format!("<h2>{}</h2>\n<figure>\n<figcaption>{}</figcaption>\n{drawn}</figure>\n", escaped(title), escaped(caption))
}

fn groups(title: &str, report: &Report) -> String {
    let headings: Vec<String> = group_headings(report).into_iter().map(str::to_lowercase).collect();
    let plain = |row: Vec<String>| row.into_iter().map(|text| (text, Mood::Plain)).collect::<Vec<_>>();
    let rows: Vec<_> = report.groups.iter().map(|group| group_row(report, group)).chain(sum_row(report)).map(plain).collect();
    let table = table("groups", &headings.iter().map(String::as_str).collect::<Vec<_>>(), &rows);
    let title = escaped(title);
    match report.groups.len() > FEW_GROUPS {
        true => format!("<details><summary>{title}: {} of them</summary>\n{table}</details>\n", report.groups.len()),
        false => format!("<h2>{title}</h2>\n{table}"),
    }
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
