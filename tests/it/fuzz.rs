//! Every input that fuzzing kept goes through its parser again: those of AWS's texts.

#[path = "../fuzz/aws_targets.rs"]
#[expect(unreachable_pub, reason = "a library to the programs that fuzz")]
mod aws_targets;

use std::path::Path;

use crate::support::corpus;

fn replay(corpus: &str, target: fn(&[u8]) -> bool) {
    corpus::replay(Path::new(env!("CARGO_MANIFEST_DIR")), corpus, target);
}

#[test]
fn tags() {
    replay("tags", aws_targets::tags);
}

#[test]
fn activities() {
    replay("activity", aws_targets::activity);
}
