//! Every input that fuzzing kept is parsed again.

#[path = "../fuzz/targets.rs"]
#[expect(unreachable_pub, reason = "a library to the programs that fuzz")]
mod targets;

use std::path::Path;

use crate::support::corpus;

fn replay(corpus: &str, target: fn(&[u8]) -> bool) {
    corpus::replay(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")), corpus, target);
}

#[test]
fn snapshots() {
    replay("snapshot", targets::snapshot);
}

#[test]
fn quantities() {
    replay("quantity", targets::quantity);
}
