//! The processes of OpenStack: one set per test process, gone when that one is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::project::OpenStackProject;
use crate::support::admin_api::AdminApi;
use crate::support::launcher::Launcher;
use crate::support::python_tools::PythonTools;

const SERVICES: PythonTools = PythonTools {
    name: "openstack",
    cloud: "OpenStack",
    folder: "openstack",
    requirements: include_str!("requirements.txt"),
    built: Some("simplegeneric"),
};

static SERVER: OnceLock<OpenStackServer> = OnceLock::new();

/// The running services.
pub(crate) struct OpenStackServer {
    admin: AdminApi,
    addresses: OpenStackAddresses,
    _launcher: Launcher,
}

/// Where they are.
#[derive(Clone, Deserialize)]
pub(crate) struct OpenStackAddresses {
    pub(crate) auth_url: String,
    pub(crate) endpoints: BTreeMap<String, String>,
    pub(crate) region: String,
    admin: String,
}

impl OpenStackServer {
    /// Returns a fresh project on this process's services, which are started by the first call.
    pub(crate) fn project() -> OpenStackProject {
        let server = SERVER.get_or_init(Self::start);
        OpenStackProject::create(server.admin, server.addresses.clone())
    }

    fn start() -> Self {
        // The launcher takes care of what else could lead the services elsewhere.
        let launcher = Launcher::start(&SERVICES.interpreter(), "openstack/launcher.py", &["OS_"]);
        let said = &launcher.first_line;
        let Ok(addresses) = serde_json::from_str::<OpenStackAddresses>(said) else {
            panic!("the services of OpenStack did not start (their standard error is above): {said:?}");
        };
        let port = addresses.admin.rsplit(':').next().and_then(|port| port.parse().ok());
        let admin = AdminApi::at("OpenStack", port.expect("port of the admin API"), "");
        Self { admin, addresses, _launcher: launcher }
    }
}
