//! The emulator process: one per test process, gone when that one is.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::account::Account;
use super::admin::Admin;
use super::provision;

static SERVER: OnceLock<AwsServer> = OnceLock::new();

/// The running emulator.
pub(crate) struct AwsServer {
    port: u16,
    // Never waited for: it ends when its standard input does, and this process holds the other end.
    _process: Child,
}

impl AwsServer {
    /// A fresh AWS account on this process's server, which is started by the first call.
    pub(crate) fn account() -> Account {
        let server = SERVER.get_or_init(Self::start);
        Account::create(Admin::at(server.port))
    }

    fn start() -> Self {
        let mut command = Command::new(provision::python_with_moto());
        // moto asks boto3 for its regions, which would look for a developer's profile.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["AWS_", "MOTO_", "PYTHON"].iter().any(|own| name.starts_with(own)) {
                command.env_remove(name);
            }
        }
        let mut process = command
            // No byte code: the launcher lies in the source tree.
            .arg("-B")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/aws/launcher.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("AWS emulator");
        let said = BufReader::new(process.stdout.take().expect("its standard output"))
            .lines()
            .next()
            .and_then(Result::ok)
            .unwrap_or_default();
        let port = said.strip_prefix("PORT=").and_then(|port| port.parse().ok());
        let Some(port) = port else {
            panic!("the AWS emulator did not start (its standard error is above): {said:?}");
        };
        Self { port, _process: process }
    }
}
