//! Starts a launcher written in Python, which serves until its standard input ends.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running launcher.
pub(crate) struct Launcher {
    /// The line that it prints when it serves; empty when it did not start.
    pub(crate) first_line: String,
    // Never waited for: it ends when its standard input does, and this process holds the other end.
    _process: Child,
}

impl Launcher {
    /// Starts `tests/support/SCRIPT` without the variables that begin with one of `hidden`.
    pub(crate) fn start(python: &Path, script: &str, hidden: &[&str]) -> Self {
        let mut command = Command::new(python);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["PYTHON"].iter().chain(hidden).any(|own| name.starts_with(own)) {
                command.env_remove(name);
            }
        }
        let mut process = command
            // No byte code: the launcher lies in the source tree.
            .arg("-B")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("launcher");
        let first_line = BufReader::new(process.stdout.take().expect("its standard output"))
            .lines()
            .next()
            .and_then(Result::ok)
            .unwrap_or_default();
        Self { first_line, _process: process }
    }
}
