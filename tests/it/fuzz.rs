//! Every input that fuzzing kept goes through its parser again.

#[path = "../fuzz/targets.rs"]
#[expect(unreachable_pub, reason = "a library to the programs that fuzz")]
mod targets;

use std::fs;
use std::path::Path;

/// Runs a target on every file of its corpus, most of which must be understood.
fn replay(corpus: &str, target: fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpora").join(corpus);
    let mut understood = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is there") {
        let path = entry.expect("a readable folder").path();
        let input = fs::read(&path).expect("a readable file");
        let is_understood = std::panic::catch_unwind(|| target(&input));
        understood += usize::from(is_understood.unwrap_or_else(|_| panic!("{} fails", path.display())));
    }
    assert!(understood >= 10, "of {} next to nothing is understood: {understood}", folder.display());
}

#[test]
fn snapshots() {
    replay("snapshot", targets::snapshot);
}

#[test]
fn quantities() {
    replay("quantity", targets::quantity);
}

#[test]
fn tags() {
    replay("tags", targets::tags);
}

#[test]
fn activities() {
    replay("activity", targets::activity);
}
