//! The clients of every region, made from the SDK's own chain of settings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, ProvideCredentials};

use super::answer_dates::AnswerDates;
use super::call_spans::CallSpans;
use super::credentials;
use super::profile;
use super::region_names::check_region;
use super::signed_get::SignedGet;
use crate::cloud::aws::error::AwsError;
use crate::cloud::error_words::innermost;
use crate::server_clock::ServerClock;

/// A region that does not accept a connection within this time counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A single answer may take at most this long: a page of instances of a busy account needs a few
/// seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// A call may take at most this long with all its retries, well within the five minutes of
/// `--timeout`.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(1);
/// The first try and three more: about 7 s of waiting.
const ATTEMPTS: u32 = 4;

/// The regions and credentials to reach AWS with.
#[derive(Clone, Default)]
pub struct AwsOptions {
    /// Regions in order of preference; the chain's own when empty.
    pub regions: Vec<String>,
    /// `--aws-access-key`; the chain's credentials when absent.
    pub access_key: Option<String>,
    /// `--aws-secret-key`.
    pub secret_key: Option<String>,
}

impl std::fmt::Debug for AwsOptions {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsOptions").field("regions", &self.regions).finish_non_exhaustive()
    }
}

/// The clients of each region of a run.
#[derive(Debug, Clone)]
pub struct AwsClients {
    regions: Vec<String>,
    by_region: BTreeMap<String, RegionClients>,
}

/// The clients of one region.
#[derive(Debug, Clone)]
pub(crate) struct RegionClients {
    pub(crate) region: String,
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) eks: SignedGet,
    pub(crate) zonal_shift: SignedGet,
    /// The clock of the region's servers.
    clock: Arc<ServerClock>,
}

impl AwsClients {
    /// Finds credentials and regions, and makes the clients. The clients retry reads a few times.
    ///
    /// # Errors
    /// When there are no credentials, when they are miswritten, when there is no region, or when a
    /// name cannot be a region's.
    pub async fn connect(options: &AwsOptions) -> Result<Self, AwsError> {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).retry_config(retries()).timeout_config(timeouts());
        let loader = with_keys(loader, options)?;
        if options.access_key.is_none() {
            profile::check()?;
        }
        // Naming one keeps the SDK from asking the instance metadata service for it.
        let loader = match options.regions.first() {
            Some(first) => loader.region(Region::new(first.clone())),
            None => loader,
        };
        let config = loader.load().await;
        let regions = regions(options, &config)?;
        regions.iter().try_for_each(|name| check_region(name))?;
        ensure_credentials(&config).await?;
        Ok(Self::new(regions, &config))
    }

    /// Makes clients for these regions with existing settings; credentials are fetched with the
    /// first call.
    #[must_use]
    pub fn new(regions: Vec<String>, config: &SdkConfig) -> Self {
        let usable = regions.iter().filter(|name| check_region(name).is_ok());
        let by_region = usable.map(|name| (name.clone(), RegionClients::new(name, config))).collect();
        Self { regions, by_region }
    }

    /// Returns the regions in order of preference, each once.
    #[must_use]
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// Whether a region is one of this run and its name is valid.
    pub(crate) fn has(&self, region: &str) -> bool {
        self.by_region.contains_key(region)
    }

    /// Returns the clients of a region.
    ///
    /// # Errors
    /// When its name cannot be a region's.
    pub(crate) fn of(&self, region: &str) -> Result<&RegionClients, AwsError> {
        check_region(region)?;
        self.by_region.get(region).ok_or_else(|| AwsError::NotARegion { name: region.to_owned(), hint: String::new() })
    }

    /// Returns the clock of each region that has clients.
    pub(crate) fn clocks(&self) -> impl Iterator<Item = &ServerClock> {
        self.usable().map(|region| &*region.clock)
    }

    /// Returns the clients of the regions that have valid names, in order of preference.
    pub(crate) fn usable(&self) -> impl Iterator<Item = &RegionClients> {
        self.regions.iter().filter_map(|name| self.by_region.get(name))
    }
}

impl RegionClients {
    fn new(name: &str, config: &SdkConfig) -> Self {
        let region = || Region::new(name.to_owned());
        let clock = Arc::new(ServerClock::default());
        let dates = || AnswerDates::new(Arc::clone(&clock));
        let autoscaling = aws_sdk_autoscaling::config::Builder::from(config)
            .region(region())
            .interceptor(dates())
            .interceptor(CallSpans)
            .build();
        let ec2 =
            aws_sdk_ec2::config::Builder::from(config).region(region()).interceptor(dates()).interceptor(CallSpans).build();
        let sts =
            aws_sdk_sts::config::Builder::from(config).region(region()).interceptor(dates()).interceptor(CallSpans).build();
        Self {
            region: name.to_owned(),
            autoscaling: aws_sdk_autoscaling::Client::from_conf(autoscaling),
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            sts: aws_sdk_sts::Client::from_conf(sts),
            eks: SignedGet::new("eks", "AWS_ENDPOINT_URL_EKS", name, config),
            zonal_shift: SignedGet::new("arc-zonal-shift", "AWS_ENDPOINT_URL_ARC_ZONAL_SHIFT", name, config),
            clock,
        }
    }
}

/// Makes each call wait for itself. The SDK's adaptive mode makes all calls to a service wait
/// together, at one in two seconds when AWS throttles other work in the account: a run of a dozen
/// calls took 75 s instead of 5.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// Puts the keys of the flags before the SDK's chain, and checks the keys that will be used.
fn with_keys(loader: ConfigLoader, options: &AwsOptions) -> Result<ConfigLoader, AwsError> {
    const ACCESS: &str = "--aws-access-key";
    const SECRET: &str = "--aws-secret-key";
    match (&options.access_key, &options.secret_key) {
        (Some(access), Some(secret)) => {
            credentials::check(ACCESS, access)?;
            credentials::check(SECRET, secret)?;
            let keys = Credentials::new(access, secret, session_token(access), None, "flags");
            Ok(loader.credentials_provider(keys))
        }
        (Some(_), None) => Err(AwsError::HalfAKey { given: ACCESS, missing: SECRET }),
        (None, Some(_)) => Err(AwsError::HalfAKey { given: SECRET, missing: ACCESS }),
        (None, None) => {
            // The SDK takes these unchanged, so that a line break ends up in the signature.
            for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
                let value = std::env::var(name).unwrap_or_default();
                // The SDK treats a blank one as absent.
                if !value.trim().is_empty() {
                    credentials::check(name, &value)?;
                }
            }
            Ok(loader)
        }
    }
}

/// Returns the session token for a temporary access key. Such keys start with ASIA and are useless
/// without their token, which no flag carries.
fn session_token(access_key: &str) -> Option<String> {
    let token = std::env::var("AWS_SESSION_TOKEN").ok()?;
    (access_key.starts_with("ASIA") && !token.trim().is_empty()).then(|| token.trim().to_owned())
}

/// Returns the regions of the flags, each once, or those of the SDK's chain.
fn regions(options: &AwsOptions, config: &SdkConfig) -> Result<Vec<String>, AwsError> {
    let mut regions: Vec<String> = Vec::new();
    for region in options.regions.iter().map(|region| region.trim()).filter(|region| !region.is_empty()) {
        if !regions.iter().any(|known| known == region) {
            regions.push(region.to_owned());
        }
    }
    if regions.is_empty() {
        regions.push(config.region().ok_or(AwsError::NoRegion)?.to_string());
    }
    Ok(regions)
}

/// Fetches credentials once, so that a run without any ends with one message and not with one a
/// region.
async fn ensure_credentials(config: &SdkConfig) -> Result<(), AwsError> {
    let provider = config.credentials_provider().ok_or_else(|| AwsError::NoCredentials { reason: chain_reason("") })?;
    let credentials = provider.provide_credentials().await;
    credentials.map(drop).map_err(|error| AwsError::NoCredentials { reason: chain_reason(&innermost(&error).to_string()) })
}

/// Returns the reasons of a chain without credentials. It lists a line for each place, and places
/// that were not set up are left out.
fn chain_reason(listing: &str) -> String {
    let is_a_reason = |line: &&str| !line.is_empty() && !line.starts_with("no credentials found") && *line != "Attempted:";
    let is_set_up = |line: &&str| !line.contains("the credential provider was not enabled");
    let reasons: Vec<&str> = listing.lines().map(str::trim).filter(is_a_reason).filter(is_set_up).collect();
    match reasons.is_empty() {
        true => "there are none in the environment, the profile, the pod's role or the instance's".to_owned(),
        false => reasons.join("; ").trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(regions: &[&str]) -> AwsOptions {
        AwsOptions { regions: regions.iter().map(ToString::to_string).collect(), ..AwsOptions::default() }
    }

    #[test]
    fn a_region_named_twice_counts_once_at_its_first_place() {
        let config = SdkConfig::builder().region(Region::new("eu-west-1")).build();
        let named = regions(&options(&["us-west-2", " us-east-1", "", "us-west-2"]), &config);
        assert_eq!(named, Ok(vec!["us-west-2".to_owned(), "us-east-1".to_owned()]));
        assert_eq!(regions(&options(&[]), &config), Ok(vec!["eu-west-1".to_owned()]));
        assert_eq!(regions(&options(&[]), &SdkConfig::builder().build()), Err(AwsError::NoRegion));
    }

    #[test]
    fn one_key_alone_is_refused() {
        let half = AwsOptions { access_key: Some("AKIA".into()), ..AwsOptions::default() };
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        let error = with_keys(loader, &half).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("--aws-access-key is given without --aws-secret-key; give both or neither"));
    }

    /// The listing as the SDK writes it.
    #[test]
    fn places_without_credentials_are_passed_over() {
        let environment = "  Environment: the credential provider was not enabled: environment variable not set";
        let instance = "  Ec2InstanceMetadata: an error occurred while loading credentials: 404";
        let nothing = format!("no credentials found in chain. Attempted:\n{environment}");
        assert_eq!(chain_reason(&nothing), "there are none in the environment, the profile, the pod's role or the instance's");
        let broken = format!("no credentials found in chain. Attempted:\n{environment}\n{instance}");
        assert_eq!(chain_reason(&broken), instance.trim());
        assert_eq!(chain_reason("the SSO session has expired"), "the SSO session has expired");
    }

    #[test]
    fn keys_do_not_show_in_debug_output() {
        let options = AwsOptions { secret_key: Some("hunter2".into()), ..AwsOptions::default() };
        assert!(!format!("{options:?}").contains("hunter2"));
    }
}
