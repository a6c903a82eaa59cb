//! Every input that fuzzing kept goes through its parser again.

#[path = "../fuzz/targets.rs"]
#[expect(unreachable_pub, reason = "a library to the programs that fuzz")]
mod targets;

use std::fs;
use std::path::Path;

/// Runs a target on every file of its corpus, which must not be empty.
fn replay(corpus: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpora").join(corpus);
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is there") {
        let path = entry.expect("a readable folder").path();
        let input = fs::read(&path).expect("a readable file");
        assert!(std::panic::catch_unwind(|| target(&input)).is_ok(), "{} fails", path.display());
        replayed += 1;
    }
    assert!(replayed >= 10, "{} holds next to nothing", folder.display());
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
