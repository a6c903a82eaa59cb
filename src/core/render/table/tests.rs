//! Pages of many groups, of long names, and of narrow terminals.

use super::rows::{Row, Rows};
use super::shortened::SharedAnswer;
use super::{Page, Tone};
use crate::plan::plan;
use crate::policy::Policy;
use crate::render::{TableStyle, table};
use crate::snapshot::{Instance, Snapshot};

const LONG: &str = "We currently do not have sufficient p3.16xlarge capacity in the Availability Zone you requested";

fn row(name: &str, sentence: &str) -> Row {
    Row { cells: vec![name.to_owned(), "us-west-2".to_owned(), "7".to_owned()], ..Row::named(Tone::Warning, name, sentence) }
}

fn laid_out(list: Vec<Row>, width: Option<u16>, most_lines: Option<usize>) -> Vec<String> {
    let header = vec!["  GROUP", "REGION", "NODES", "WHY"];
    Rows { header, numbers: &[2], list }.lines(&Page::new(width, false), most_lines)
}

#[test]
fn sentences_stand_beside_their_cells_while_they_have_room() {
    let lines = laid_out(vec![row("web", "no change"), row("p3", LONG)], Some(80), None);
    assert_eq!(
        lines,
        [
            "  GROUP  REGION     NODES  WHY",
            "! web    us-west-2      7  no change",
            "! p3     us-west-2      7  We currently do not have sufficient p3.16xlarge",
            "                           capacity in the Availability Zone you requested",
        ]
    );
}

#[test]
fn a_long_name_moves_long_sentences_below() {
    let lines = laid_out(vec![row(&"g".repeat(40), "no change"), row("p3", LONG)], Some(80), None);
    let cells = |name: &str| format!("! {name:40}  us-west-2      7");
    assert_eq!(lines[1], format!("{}  no change", cells(&"g".repeat(40))));
    assert_eq!(lines[2], cells("p3"));
    assert_eq!(
        lines[3..],
        ["    We currently do not have sufficient p3.16xlarge capacity in the", "    Availability Zone you requested"]
            .map(str::to_owned)
    );
}

#[test]
fn names_without_room_stand_above_and_stay_whole() {
    let name = format!("eks-{}", "a1b2-".repeat(12));
    let lines = laid_out(vec![row(&name, "no change")], Some(60), None);
    assert!(lines[1].starts_with("! eks-a1b2"), "{lines:?}");
    assert_eq!(lines.last().map(String::as_str), Some("    no change"), "{lines:?}");
    assert!(lines.iter().any(|line| line.trim() == "us-west-2      7"), "{lines:?}");
}

#[test]
fn a_word_that_has_no_room_beside_the_cells_is_not_torn() {
    let word = format!("{}-nodes", "w".repeat(50));
    let lines = laid_out(vec![row("web", &format!("no room in {word}"))], Some(80), None);
    assert_eq!(lines[1..], ["! web    us-west-2      7".to_owned(), format!("    no room in {word}")]);
}

#[test]
fn nothing_is_folded_without_a_terminal() {
    let lines = laid_out(vec![row(&"g".repeat(300), LONG)], None, None);
    assert!(lines.len() == 2 && lines[1].ends_with(LONG), "{lines:?}");
}

#[test]
fn many_rows_of_one_answer_are_counted_and_others_are_not() {
    let answer = |code: &str| Some(SharedAnswer { of: "us-west-2".into(), code: code.into() });
    let full = (0..20).map(|number| Row { answer: answer("at-max"), ..row(&format!("g{number}"), &format!("at {number}")) });
    let own = Row { answer: None, ..row("own", "in backoff") };
    let lines = laid_out(full.clone().chain([own.clone()]).collect(), None, Some(30));
    assert_eq!(
        lines[1..],
        ["! g0 and 19 more  us-west-2      7  at 0 (the others alike)", "! own             us-west-2      7  in backoff"]
    );
    assert_eq!(laid_out(full.clone().chain([own]).collect(), None, None).len(), 22, "--all");
    assert_eq!(laid_out(full.take(12).collect(), None, Some(30)).len(), 13, "a few");
}

#[test]
fn the_last_of_many_lines_are_counted() {
    let rows = |number: usize| (0..number).map(|number| row(&format!("g{number}"), "no change")).collect::<Vec<_>>();
    let lines = laid_out(rows(40), None, Some(10));
    assert!(lines.len() == 12 && lines[11] == "  and 30 more (--all)", "{lines:?}");
    assert_eq!(laid_out(rows(12), None, Some(10)).len(), 13, "two lines more are no reason to leave them out");
    assert_eq!(laid_out(rows(40), None, None).len(), 41);
    let one_long = laid_out(vec![row("a", &"word ".repeat(300)), row("b", "no change")], Some(80), Some(10));
    assert!(one_long[1].starts_with("! a") && one_long.last().is_some_and(|line| line.ends_with("and 1 more (--all)")));
}

/// Returns a cluster of 300 groups in backoff that have long names, and of 2,000 idle nodes.
fn large() -> Snapshot {
    let mut snapshot = crate::demo::snapshot();
    let groups = snapshot.groups.clone();
    for number in 0..300 {
        let mut group = groups[number % groups.len()].clone();
        group.id.name = format!("eks-gpu-workers-{number}-a8c51b2e-7d0f-9b1c-3c2f-55aa1b2c3d4e");
        group.instances.clear();
        (group.min, group.desired) = (0, 0);
        snapshot.groups.push(group);
    }
    let idle = snapshot.nodes.iter().find(|node| node.name.contains("-1-24")).expect("an idle node").clone();
    let group = snapshot.groups.iter_mut().find(|group| group.id.name == "cpu-west").expect("its group");
    let of_idle =
        group.instances.iter().find(|member| Some(member.id.as_str()) == idle.instance_id()).expect("a member").clone();
    (group.max, group.desired) = (group.max + 2_000, group.desired + 2_000);
    for number in 0..2_000 {
        group.instances.push(Instance { id: format!("i-{number:017x}"), ..of_idle.clone() });
        let mut node = idle.clone();
        node.name = format!("ip-10-3-{}-{}.us-west-2.compute.internal", number / 250, number % 250);
        node.uid = format!("uid-{number}");
        node.provider_id = Some(format!("aws:///us-west-2a/i-{number:017x}"));
        snapshot.nodes.push(node);
    }
    snapshot
}

#[test]
fn a_large_cluster_is_a_page_that_ends_with_its_numbers() {
    let plan = plan(&large(), &Policy { max_scale_in_fraction: 1.0, ..Policy::default() });
    assert!(plan.groups.len() > 300 && plan.nodes.len() > 2_000);
    for width in [60, 80, 120, 200] {
        let style = TableStyle { width: Some(width), ..TableStyle::default() };
        let page = table(&plan, style);
        assert!(page.lines().count() < 120, "{width}: {}\n{page}", page.lines().count());
        let summary = page.lines().next().expect("the numbers");
        let is_folded = |line: &str| line == summary || line.chars().count() <= usize::from(width);
        assert!(page.lines().all(is_folded), "{width}:\n{page}");
        let whole = table(&plan, TableStyle { all: true, ..style });
        assert!(whole.lines().count() > 2_300, "{}", whole.lines().count());
        assert!(page.contains("ip-10-0-1-24.us-west-2.compute.internal and 2000 more"), "{page}");
        assert_eq!(whole.lines().last(), Some(summary));
    }
}

#[test]
fn the_cloud_s_words_are_whole_once() {
    let mut plan = plan(&crate::demo::snapshot(), &Policy::default());
    let blocked = plan.groups.iter().find(|group| group.blocked.is_some() && group.message.contains("(us-west-2b)"));
    let mut another = blocked.expect("a group in backoff").clone();
    another.group.name = "another".into();
    plan.groups.push(another);
    let page = table(&plan, TableStyle::default());
    assert_eq!(page.matches("sufficient p3.16xlarge capacity").count(), 2, "{page}");
    assert_eq!(page.matches("working on provisioning").count(), 1, "{page}");
}
