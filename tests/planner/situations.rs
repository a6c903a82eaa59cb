//! One situation a file: `tests/situations/NAME.json` holds a snapshot with what was reported of it
//! and what is right, `NAME.snap` is the table that a user would see.
//!
//! Adding a case adds a file. `INSTA_UPDATE=always cargo test situations` writes the tables anew;
//! read them before you commit them: they have to show what `right` says.

use std::path::{Path, PathBuf};

use ec2_autoscale_core::plan::plan;
use ec2_autoscale_core::policy::Policy;
use ec2_autoscale_core::render::{self, TableStyle};
use ec2_autoscale_core::snapshot::Snapshot;
use serde::Deserialize;

/// A situation with its story.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    /// Where it was reported.
    #[serde(default)]
    reference: String,
    /// What is the case.
    situation: String,
    /// What went wrong there.
    wrong: String,
    /// What is right.
    right: String,
    /// Flags with their values, such as `{"scheduler-name": "volcano"}`; a switch is `true`.
    #[serde(default)]
    flags: std::collections::BTreeMap<String, String>,
    snapshot: serde_json::Value,
}

impl Story {
    fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        for (flag, value) in &self.flags {
            let known = Policy::SETTINGS.iter().find(|setting| setting.flag() == flag);
            let setting = known.unwrap_or_else(|| panic!("{flag} is no flag of the policy"));
            setting.read(&mut policy, value).unwrap_or_else(|error| panic!("{flag}: {error}"));
        }
        policy
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::from_json(self.snapshot.to_string().as_bytes()).expect("a snapshot")
    }

    fn told(&self) -> String {
        let snapshot = self.snapshot();
        let plan = plan(&snapshot, &self.policy());
        let told = [("reported", &self.reference), ("is", &self.situation), ("wrong", &self.wrong), ("right", &self.right)];
        let head: Vec<String> =
            told.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("# {name}: {text}\n")).collect();
        format!("{}\n{}", head.concat(), render::table(&plan, TableStyle { width: Some(100), ..TableStyle::default() }))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/situations")
}

/// Returns every situation: its name, its snapshot and the flags with which it is planned.
pub(crate) fn all() -> Vec<(String, Snapshot, Policy)> {
    let files = std::fs::read_dir(folder()).expect("a folder").map(|file| file.expect("a file").path());
    let stories = files.filter(|path| path.extension().is_some_and(|end| end == "json")).map(|path| {
        let text = std::fs::read_to_string(&path).expect("a situation is readable");
        let story: Story = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.display().to_string(), story.snapshot(), story.policy())
    });
    stories.collect()
}

#[test]
fn situations() {
    let folder = folder();
    insta::glob!(&folder, "*.json", |path| {
        let text = std::fs::read_to_string(path).expect("a situation is readable");
        let story: Story = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, snapshot_suffix => "", omit_expression => true }, {
            insta::assert_snapshot!(name, story.told());
        });
    });
}
