//! Puts moto into a virtual environment below `target/`, once for all test processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Debian splits ensurepip off into python3-venv.
const ASK_PYTHON: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The Python interpreter that has moto, installed now if it is not there yet.
pub(crate) fn python_with_moto() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp lies in the target directory");
    let tools = target.join("test-tools");
    fs::create_dir_all(&tools).expect("target/test-tools");

    // Several test binaries, or two checkouts that share a target directory, may start at once.
    let lock = File::create(tools.join("moto-venv.lock")).expect("lock file");
    lock.lock().expect("lock on target/test-tools");

    let venv = tools.join("moto-venv");
    let python = venv.join("bin").join("python");
    // Written last: an installation that broke off leaves none.
    let stamp = venv.join("requirements.stamp");
    let installed = fs::read_to_string(&stamp).unwrap_or_default();
    if installed != REQUIREMENTS || !python.exists() {
        install(&venv, &python);
        fs::write(&stamp, REQUIREMENTS).expect("stamp of the virtual environment");
    }
    python
}

fn install(venv: &Path, python: &Path) {
    if venv.exists() {
        fs::remove_dir_all(venv).expect("old virtual environment");
    }
    let usable = Command::new("python3").args(["-c", ASK_PYTHON]).output();
    assert!(
        usable.is_ok_and(|answer| answer.status.success()),
        "The tests against AWS need `python3`, 3.11 or newer, with its venv module. \
         Install it, e.g. with: apt-get install python3 python3-venv"
    );
    let made = Command::new("python3").args(["-m", "venv"]).arg(venv).output().expect("python3");
    assert!(made.status.success(), "`python3 -m venv` failed.\n{}", what_it_said(&made));
    // Wheels only: a source distribution would run its own build here.
    let installed = Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--require-hashes", "--only-binary=:all:", "--requirement"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/aws/requirements.txt"))
        .output()
        .expect("pip of the virtual environment");
    assert!(
        installed.status.success(),
        "`pip install` of moto for the tests against AWS failed; it needs PyPI or a mirror once.\n{}",
        what_it_said(&installed)
    );
}

fn what_it_said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
