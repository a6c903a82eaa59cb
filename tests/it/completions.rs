//! The scripts in `completions/` are what the binary prints.
//!
//! After a change of the command line: `UPDATE_COMPLETIONS=1 cargo test --test it completions`.

use std::path::Path;
use std::{env, fs};

use crate::cli::ec2_autoscale;

/// Each shell and the file name under which it looks for the script.
const SCRIPTS: [(&str, &str); 4] = [
    ("bash", "ec2-autoscale.bash"),
    ("zsh", "_ec2-autoscale"),
    ("fish", "ec2-autoscale.fish"),
    ("powershell", "_ec2-autoscale.ps1"),
];

#[test]
fn completions_are_current() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in SCRIPTS {
        let printed = ec2_autoscale(&["completions", shell]).assert().success().get_output().stdout.clone();
        let path = directory.join(file);
        if env::var_os("UPDATE_COMPLETIONS").is_some() {
            fs::create_dir_all(&directory).expect("the directory can be made");
            fs::write(&path, &printed).expect("the script can be written");
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(
            kept == printed,
            "completions/{file} is stale; run UPDATE_COMPLETIONS=1 cargo test --test it completions, and commit it"
        );
    }
}
