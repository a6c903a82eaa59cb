//! Puts Python programs that the tests talk to into virtual environments below `target/`, once for
//! all test processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Debian splits ensurepip off into python3-venv.
const ASK_PYTHON: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

const SUPPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support");

/// Packages that stand in for a cloud.
pub(crate) struct PythonTools {
    /// The environment is `target/test-tools/NAME-venv`.
    pub(crate) name: &'static str,
    /// The cloud of the tests that need them.
    pub(crate) cloud: &'static str,
    /// The folder of `requirements.txt`, below `tests/support`.
    pub(crate) folder: &'static str,
    /// What `requirements.txt` holds, each package with the hashes of its files.
    pub(crate) requirements: &'static str,
    /// A package without a wheel, built here with what `build-requirements.txt` in the same folder
    /// holds, so that its build fetches nothing else.
    pub(crate) built: Option<&'static str>,
}

impl PythonTools {
    /// Returns the Python interpreter that has the packages, installed now if they are not there.
    pub(crate) fn interpreter(&self) -> PathBuf {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp lies in the target directory");
        let tools = target.join("test-tools");
        fs::create_dir_all(&tools).expect("target/test-tools");

        // Several test binaries, or two checkouts that share a target directory, may start at once.
        let lock = File::create(tools.join(format!("{}-venv.lock", self.name))).expect("lock file");
        lock.lock().expect("lock on target/test-tools");

        let venv = tools.join(format!("{}-venv", self.name));
        let python = venv.join("bin").join("python");
        // Written last: an installation that broke off leaves none.
        let stamp = venv.join("requirements.stamp");
        let installed = fs::read_to_string(&stamp).unwrap_or_default();
        if installed != self.requirements || !python.exists() {
            self.install(&venv, &python);
            fs::write(&stamp, self.requirements).expect("stamp of the virtual environment");
        }
        python
    }

    fn install(&self, venv: &Path, python: &Path) {
        if venv.exists() {
            fs::remove_dir_all(venv).expect("old virtual environment");
        }
        let usable = Command::new("python3").args(["-c", ASK_PYTHON]).output();
        assert!(
            usable.is_ok_and(|answer| answer.status.success()),
            "The tests against {} need `python3`, 3.11 or newer, with its venv module. \
             Install it, e.g. with: apt-get install python3 python3-venv",
            self.cloud
        );
        let made = Command::new("python3").args(["-m", "venv"]).arg(venv).output().expect("python3");
        assert!(made.status.success(), "`python3 -m venv` failed.\n{}", what_it_said(&made));
        let mut options = Vec::new();
        if let Some(package) = self.built {
            self.pip(python, "build-requirements.txt", &[]);
            options.push(format!("--no-binary={package}"));
            options.extend(["--no-build-isolation".to_owned(), "--use-pep517".to_owned()]);
        }
        self.pip(python, "requirements.txt", &options);
    }

    fn pip(&self, python: &Path, file: &str, options: &[String]) {
        // Wheels only, but for what is named: a source distribution would run its own build here.
        let installed = Command::new(python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--only-binary=:all:"])
            .args(options)
            .arg("--requirement")
            .arg(format!("{SUPPORT}/{}/{file}", self.folder))
            .output()
            .expect("pip of the virtual environment");
        assert!(
            installed.status.success(),
            "`pip install` of {} for the tests against {} failed; it needs PyPI or a mirror once.\n{}",
            self.name,
            self.cloud,
            what_it_said(&installed)
        );
    }
}

fn what_it_said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
