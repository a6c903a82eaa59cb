//! The clients of a run: of the cluster and of the account.

use std::path::PathBuf;

use super::GatherError;
use crate::cloud::{AwsOptions, Cloud, CloudError, MagnumOptions};
use crate::kubernetes::{ApiServer, connect_kubernetes};
use crate::server_clock::ServerClock;

/// Where the cluster and the account are found.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// The cloud, and how it is signed in to.
    pub cloud: CloudOptions,
}

/// A cloud, and how it is signed in to.
#[derive(Debug, Clone)]
pub enum CloudOptions {
    /// AWS: regions and credentials.
    Aws(AwsOptions),
    /// A cluster of OpenStack Magnum: where the settings are.
    Magnum(MagnumOptions),
}

impl Default for CloudOptions {
    /// Returns AWS, as its own tools find it.
    fn default() -> Self {
        Self::Aws(AwsOptions::default())
    }
}

impl CloudOptions {
    /// Signs in.
    ///
    /// # Errors
    /// When settings or credentials are missing, wrong or not accepted.
    pub async fn sign_in(&self) -> Result<Cloud, CloudError> {
        match self {
            Self::Aws(options) => Cloud::sign_in(options).await,
            Self::Magnum(options) => Cloud::sign_in_to_openstack(options).await,
        }
    }
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
    /// Finds the cluster and the account as `kubectl` and the tools of the cloud do. Neither the
    /// cluster nor AWS is called yet; OpenStack is, and a kubeconfig's credential plugin does run.
    ///
    /// # Errors
    /// When there is no usable configuration.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, GatherError> {
        let (kubernetes, kubernetes_url) =
            connect_kubernetes(options.kubeconfig.as_deref(), options.context.as_deref()).await?;
        let kubernetes_clock = ServerClock::default();
        Ok(Self { kubernetes, kubernetes_url, kubernetes_clock, cloud: options.cloud.sign_in().await? })
    }

    /// Returns the client of the API server with its address.
    #[must_use]
    pub fn api_server(&self) -> ApiServer<'_> {
        ApiServer { client: &self.kubernetes, url: &self.kubernetes_url, clock: &self.kubernetes_clock }
    }
}
