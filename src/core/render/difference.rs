//! The differences between two plans, for people.

use super::table::{Page, Row, Rows, TableStyle, Tone};
use crate::plan::{FlagDifference, PlanDifference, PodOutcome, PodsDifference, StepDifference, count};
use crate::snapshot::ObjectName;

/// At most so many lines are shown of each part.
const LINES_OF_A_PART: usize = 30;
/// At most this many names of pods are written out.
const NAMES_SHOWN: usize = 3;

/// Renders the differences between two plans, given the summary of each.
#[must_use]
pub fn difference(difference: &PlanDifference, summaries: [&str; 2], style: TableStyle) -> String {
    let page = Page::new(style.width, style.colour);
    let mut parts = vec![(None, plans(difference, summaries))];
    let titled = [
        ("FLAGS", Rows::new(difference.flags.iter().map(flag))),
        ("STEPS", Rows::new(difference.steps.iter().flat_map(step))),
        ("PODS", Rows::new(difference.pods.iter().map(pods))),
        ("FINDINGS", findings(difference)),
    ];
    parts.extend(titled.map(|(title, rows)| (Some(title), rows)));
    let mut text = Vec::new();
    for (title, rows) in parts {
        let lines = rows.lines(&page, (!style.all).then_some(LINES_OF_A_PART));
        if !lines.is_empty() {
            let title = title.map(|title| format!("\n{title}\n")).unwrap_or_default();
            text.push(format!("{title}{}\n", lines.join("\n")));
        }
    }
    if difference.is_empty() {
        text.push("\nboth do the same\n".to_owned());
    }
    text.concat()
}

/// Lists what the plans are.
fn plans(difference: &PlanDifference, summaries: [&str; 2]) -> Rows {
    let plan = |name: &str, summary: &str, plan: &crate::plan::ComparedPlan| {
        let costs = plan.usd_per_hour.map(|costs| format!("; {costs} then")).unwrap_or_default();
        let made = plan.made_at.strftime("%F %H:%M UTC");
        Row::named(Tone::Plain, name, &format!("{}, {made}: {summary}{costs}", plan.cluster.name))
    };
    Rows::new([plan("A", summaries[0], &difference.a), plan("B", summaries[1], &difference.b)])
}

fn flag(FlagDifference { flag, a, b }: &FlagDifference) -> Row {
    let [a, b] = [a, b].map(|value| value.as_deref().unwrap_or("not given"));
    Row::named(Tone::Warning, &format!("--{flag}"), &format!("{a} in A, {b} in B"))
}

fn step(StepDifference { a, b }: &StepDifference) -> impl Iterator<Item = Row> {
    let (a, b) = (a.as_ref(), b.as_ref());
    let of_a = a.map(|step| Row::sentence(Tone::Less, step));
    let of_b = b.map(|step| Row::sentence(Tone::More, step));
    of_a.into_iter().chain(of_b)
}

fn pods(PodsDifference { a, b, pods }: &PodsDifference) -> Row {
    let tone = match a.cmp(b) {
        _ if *b == PodOutcome::Helped => Tone::More,
        _ if *b == PodOutcome::Unhelped || *a == PodOutcome::Helped => Tone::Less,
        _ => Tone::Plain,
    };
    let names: Vec<String> = pods.iter().take(NAMES_SHOWN).map(ObjectName::to_string).collect();
    let more = match pods.len().saturating_sub(NAMES_SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let number = count(u64::try_from(pods.len()).unwrap_or(u64::MAX), "pod");
    Row::named(tone, &number, &format!("{} in A, {} in B: {}{more}", words(*a), words(*b), names.join(", ")))
}

fn words(outcome: PodOutcome) -> &'static str {
    match outcome {
        PodOutcome::Absent => "not pending",
        PodOutcome::Helped => "helped",
        PodOutcome::LeftAlone => "left alone",
        PodOutcome::Unhelped => "without a node",
    }
}

fn findings(difference: &PlanDifference) -> Rows {
    let gone = difference.findings_gone.iter().map(|finding| Row::sentence(Tone::Less, finding));
    Rows::new(gone.chain(difference.findings_new.iter().map(|finding| Row::sentence(Tone::More, finding))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::policy::Policy;

    #[test]
    fn both_sides_of_a_difference_are_shown_with_their_signs() {
        let snapshot = crate::demo::snapshot();
        let a = plan(&snapshot, &Policy::default());
        let b = plan(&snapshot, &Policy { max_scale_up: 2, ..Policy::default() });
        let between = |a, b| difference(&PlanDifference::between(a, b), ["one", "two"], TableStyle::default());
        let text = between(&a, &b);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  A  demo, 2026-11-22 12:00 UTC: one");
        assert!(lines.contains(&"! --max-scale-up  100 in A, 2 in B"), "{text}");
        assert!(lines.contains(&"− scale up p3-east (us-east-1): desired 0 → 6"), "{text}");
        assert!(lines.contains(&"+ scale up p3-east (us-east-1): desired 0 → 2"), "{text}");
        assert!(text.contains("helped in A, without a node in B: "), "{text}");
        assert!(between(&a, &a).ends_with("\nboth do the same\n"));
    }
}
