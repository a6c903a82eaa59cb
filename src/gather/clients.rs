//! The clients of a run: of the cluster and of the account.

use std::path::PathBuf;

use super::GatherError;
use crate::cloud::{AwsOptions, Cloud};
use crate::kubernetes::{ApiServer, connect_kubernetes};
use crate::server_clock::ServerClock;

/// Where the cluster and the account are found.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// Credentials and regions.
    pub aws: AwsOptions,
}

/// The clients of a run.
pub struct Clients {
    /// The client of the Kubernetes API. It never repeats a request by itself.
    pub kubernetes: kube::Client,
    /// The address of the API server, for messages.
    pub kubernetes_url: String,
    /// The clock of the API server.
    pub kubernetes_clock: ServerClock,
    /// The cloud, in every region of the run.
    pub cloud: Cloud,
}

impl Clients {
    /// Finds the cluster and the account as `kubectl` and the AWS tools do, without a call to
    /// either (a kubeconfig's credential plugin does run).
    ///
    /// # Errors
    /// When there is no usable configuration.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, GatherError> {
        let (kubernetes, kubernetes_url) =
            connect_kubernetes(options.kubeconfig.as_deref(), options.context.as_deref()).await?;
        let kubernetes_clock = ServerClock::default();
        Ok(Self { kubernetes, kubernetes_url, kubernetes_clock, cloud: Cloud::sign_in(&options.aws).await? })
    }

    /// Returns the client of the API server with its address.
    #[must_use]
    pub fn api_server(&self) -> ApiServer<'_> {
        ApiServer { client: &self.kubernetes, url: &self.kubernetes_url, clock: &self.kubernetes_clock }
    }
}
