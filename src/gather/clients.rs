//! What a run is connected to: the cluster and the account.

use std::path::PathBuf;

use super::GatherError;
use crate::cloud::{AwsOptions, Cloud};
use crate::kubernetes::{ApiServer, connect_kubernetes};
use crate::server_clock::ServerClock;

/// Where the cluster and the account are.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// Credentials and regions.
    pub aws: AwsOptions,
}

/// What a run talks to.
pub struct Clients {
    /// The Kubernetes API. It never repeats a request by itself.
    pub kubernetes: kube::Client,
    /// Where that is, for messages.
    pub kubernetes_url: String,
    /// What time it is there.
    pub kubernetes_clock: ServerClock,
    /// The cloud, in every region of the run.
    pub cloud: Cloud,
}

impl Clients {
    /// Finds the cluster and the account as `kubectl` and the AWS tools do, without asking either
    /// anything yet (a kubeconfig's credential plugin does run).
    ///
    /// # Errors
    /// When there is no usable configuration.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, GatherError> {
        let (kubernetes, kubernetes_url) =
            connect_kubernetes(options.kubeconfig.as_deref(), options.context.as_deref()).await?;
        let kubernetes_clock = ServerClock::default();
        Ok(Self { kubernetes, kubernetes_url, kubernetes_clock, cloud: Cloud::sign_in(&options.aws).await? })
    }

    /// The Kubernetes half.
    #[must_use]
    pub fn api_server(&self) -> ApiServer<'_> {
        ApiServer { client: &self.kubernetes, url: &self.kubernetes_url, clock: &self.kubernetes_clock }
    }
}
