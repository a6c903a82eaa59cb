//! How many instructions a plan takes, counted by valgrind's callgrind: `cargo bench -p
//! ec2-autoscale-core --bench instructions`. Times depend on who else uses the machine; these
//! counts do not, so that they can be a gate.
//!
//! Each case is counted at one size and at twice that. It fails if a case takes more than a tenth
//! more than `tests/bench/instructions.json` says, or grows faster than it should. With
//! `UPDATE_INSTRUCTIONS=1` the file is written anew. Behind `--` a part of a name chooses cases.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod growing;
mod made_up;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod mixed;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod random;
#[expect(dead_code, reason = "the other bench uses the rest")]
mod small_pods;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::Command;

use ec2_autoscale_core::plan::plan;
use growing::{Case, all_cases};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/bench/instructions.json");
/// A case may take so many times what is committed. Other versions of the compiler make a few in a
/// hundred of difference.
const MOST: f64 = 1.1;

/// Callgrind takes fifty times as long as a plan by itself, so that the cases are counted at a part
/// of the size at which they are timed.
const PART: usize = 8;

/// Tells the process that callgrind runs what to plan: a case by its number, its size, and how
/// often.
const COUNTED: &str = "counted";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [counted, case, size, rounds] = arguments.as_slice()
        && counted == COUNTED
    {
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let case = all_cases().nth(number(case)).expect("the number of a case");
        return plan_again(case, number(size), number(rounds));
    }
    let committed = fs::read_to_string(COMMITTED).unwrap_or_else(|_| "{}".to_owned());
    let committed: BTreeMap<String, u64> = serde_json::from_str(&committed).expect("names and counts");
    let part = arguments.first().map_or("", String::as_str);
    let mut counted = committed.clone();
    let mut failures = Vec::new();
    for (number, case) in all_cases().enumerate().filter(|(_, case)| case.name.contains(part)) {
        let size = case.size / PART;
        let [one, two] = [size, 2 * size].map(|size| instructions(number, size));
        let growth = times(two, one);
        let before = committed.get(case.name).copied();
        let share = before.map(|before| times(one, before));
        let compared = share.map_or_else(|| "none committed yet".to_owned(), |share| format!("{share:.3} of the committed"));
        println!("{:<52} {size:>6} {one:>13} instructions, {compared}; twice the size {growth:.2} times", case.name);
        if share.is_some_and(|share| share > MOST) {
            failures.push(format!("{}: {one} instructions, and {before:?} are committed", case.name));
        }
        if growth > case.most_growth() {
            failures.push(format!("{}: twice the size takes {growth:.2} times the instructions", case.name));
        }
        counted.insert(case.name.to_owned(), one);
    }
    if env::var_os("UPDATE_INSTRUCTIONS").is_some() {
        let text = serde_json::to_string_pretty(&counted).expect("names and counts");
        fs::write(COMMITTED, text + "\n").expect("the file can be written");
        return;
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Returns how many times a count another one is.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn times(count: u64, other: u64) -> f64 {
    count as f64 / other as f64
}

/// Plans a case some times.
fn plan_again(case: &Case, size: usize, rounds: usize) {
    let (snapshot, policy) = ((case.snapshot)(size), case.policy());
    for _ in 0..rounds {
        (case.assert_answer)(size, &plan(&snapshot, &policy));
    }
}

/// Returns how many instructions a plan takes: what a process that plans once more takes more.
fn instructions(case: usize, size: usize) -> u64 {
    let [once, twice] = [1, 2].map(|rounds| of_process(case, size, rounds));
    twice - once
}

fn of_process(case: usize, size: usize, rounds: usize) -> u64 {
    let program = env::current_exe().expect("the path of this program");
    let arguments = [COUNTED.to_owned(), case.to_string(), size.to_string(), rounds.to_string()];
    let valgrind = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let run = Command::new("valgrind").args(valgrind).arg(program).args(arguments).output();
    let output = run.expect("valgrind is missing; install Debian's package of that name");
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    let counted = counted.filter(|_| output.status.success()).unwrap_or_else(|| panic!("callgrind failed: {said}"));
    counted.parse().expect("a count")
}
