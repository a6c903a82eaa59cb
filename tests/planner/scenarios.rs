//! One situation a file: `tests/scenarios/NAME.txt` describes it, `NAME.snap` is the table that a
//! user would see at each `plan`.
//!
//! Adding a case adds a text file. `INSTA_UPDATE=always cargo test scenarios` writes the outputs
//! anew; read them before you commit them. The words of the scripts are in
//! `tests/support/scenario/script.rs`.

use std::path::Path;

use crate::support::scenario::run;

#[test]
fn scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    insta::glob!(&folder, "*.txt", |path| {
        let text = std::fs::read_to_string(path).expect("a scenario is readable");
        let output = run(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = output.lines().count();
        assert!(lines <= 90, "{}: {lines} lines are too many to review", path.display());
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, snapshot_suffix => "", omit_expression => true }, {
            insta::assert_snapshot!(name, output);
        });
    });
}
