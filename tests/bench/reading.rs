//! The full size from its file: reading the snapshot, planning and writing the plan, each in a
//! process of its own, so that the peak of its memory is that of a run: `cargo bench -p
//! ec2-autoscale-core --bench reading`. Behind `--`, a number of rounds and a file choose: a round
//! then reads that snapshot instead of the made-up one.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, reason = "the planner's bench uses the rest")]
mod large_cluster;
mod made_up;
#[expect(dead_code, reason = "the planner's bench uses the rest")]
mod memory;
mod random;
#[expect(dead_code, reason = "the planner's bench uses the rest")]
mod small_pods;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use ec2_autoscale_core::plan::plan;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::render;
use ec2_autoscale_core::snapshot::Snapshot;

/// Rounds, unless an argument says otherwise.
const ROUNDS: usize = 5;
/// Says to a process that it is one round.
const ONE_ROUND: &str = "--one-round";

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [ONE_ROUND, file] => read_and_plan(Path::new(file)),
        [ONE_ROUND, file, _] => read_alone(Path::new(file)),
        [] => rounds(ROUNDS, &made_up_file()),
        [rounds_wanted] => rounds(rounds_wanted.parse().expect("a number of rounds"), &made_up_file()),
        [rounds_wanted, file, ..] => rounds(rounds_wanted.parse().expect("a number of rounds"), Path::new(file)),
    }
}

/// Writes the snapshot of the full size, as `snapshot` writes it, and returns its file.
fn made_up_file() -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("full-size.json");
    let snapshot = large_cluster::FULL.snapshot();
    fs::write(&file, serde_json::to_vec(&snapshot).expect("a snapshot is JSON")).expect("a folder to write to");
    file
}

fn rounds(number: usize, file: &Path) {
    println!("{}: {} MiB", file.display(), fs::metadata(file).expect("a file").len() >> 20);
    for _ in 0..number {
        let begun = Instant::now();
        let round =
            Command::new(env::current_exe().expect("this program")).args([ONE_ROUND.as_ref(), file.as_os_str()]).status();
        assert!(round.expect("a process").success());
        println!("  whole process {:.0?}", begun.elapsed());
    }
}

/// Reads a file and does nothing else, for a profile of it.
fn read_alone(file: &Path) {
    let text = fs::read(file).expect("a file");
    let snapshot = Snapshot::from_json(&text).expect("a snapshot");
    drop(text);
    println!("read alone: {} pods, peak memory {:?} MiB", snapshot.pods.len(), memory::peak_mib());
    std::mem::forget(snapshot);
}

/// Does what a run does with a snapshot from a file, and checks that the answer is about all of it.
fn read_and_plan(file: &Path) {
    let begun = Instant::now();
    let text = fs::read(file).expect("a file");
    let read = begun.elapsed();
    let snapshot = Snapshot::from_json(&text).expect("a snapshot");
    drop(text);
    let (parsed, peak_of_reading) = (begun.elapsed(), memory::peak_mib());
    let plan = plan(&snapshot, &Policy::default());
    let planned = begun.elapsed();
    let json = render::json(&plan);
    let written = begun.elapsed();
    let peak = memory::peak_mib().unwrap_or_default();
    println!(
        "read {read:.0?}  parsed {:.0?}  planned {:.0?}  {} MiB of JSON {:.0?}  peak memory {:?}, {peak} MiB",
        parsed.checked_sub(read).unwrap(),
        planned.checked_sub(parsed).unwrap(),
        json.len() >> 20,
        written.checked_sub(planned).unwrap(),
        peak_of_reading,
    );
    let unbound = snapshot.pods.iter().filter(|pod| pod.node.is_none()).count();
    assert_eq!((plan.nodes.len(), plan.pods.len()), (snapshot.nodes.len(), unbound));
    // The process ends here, and takes its memory with it.
    std::mem::forget((snapshot, plan));
}
