//! The emulator process: one per test process, gone when that one is.

use std::sync::OnceLock;

use super::account::Account;
use super::provision;
use crate::support::launcher::Launcher;

static SERVER: OnceLock<AwsServer> = OnceLock::new();

/// The running emulator.
pub(crate) struct AwsServer {
    port: u16,
    _launcher: Launcher,
}

impl AwsServer {
    /// A fresh AWS account on this process's server, which is started by the first call.
    pub(crate) fn account() -> Account {
        let server = SERVER.get_or_init(Self::start);
        Account::on_port(server.port)
    }

    fn start() -> Self {
        // moto asks boto3 for its regions, which would look for a developer's profile.
        let launcher = Launcher::start(&provision::python_with_moto(), "aws/launcher.py", &["AWS_", "MOTO_"]);
        let said = &launcher.first_line;
        let port = said.strip_prefix("PORT=").and_then(|port| port.parse().ok());
        let Some(port) = port else {
            panic!("the AWS emulator did not start (its standard error is above): {said:?}");
        };
        Self { port, _launcher: launcher }
    }
}
