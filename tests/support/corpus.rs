//! Inputs that fuzzing kept.

use std::fs;
use std::path::Path;

/// Runs a target on every file of its corpus, most of which must be understood.
pub(crate) fn replay(repository: &Path, corpus: &str, target: fn(&[u8]) -> bool) {
    let folder = repository.join("tests/fuzz/corpora").join(corpus);
    let mut understood = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is there") {
        let path = entry.expect("a readable folder").path();
        let input = fs::read(&path).expect("a readable file");
        let is_understood = std::panic::catch_unwind(|| target(&input));
        understood += usize::from(is_understood.unwrap_or_else(|_| panic!("{} fails", path.display())));
    }
    assert!(understood >= 10, "of {} next to nothing is understood: {understood}", folder.display());
}
