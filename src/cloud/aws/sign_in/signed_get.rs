//! Signed GET requests to a service of AWS for which a whole SDK would be too much.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_sts::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tracing::Instrument as _;

use crate::cloud::aws::error::AwsError;
use crate::cloud::error_words::innermost;
use crate::telemetry::CallSpan;

/// A subnet without a way to the service drops what is sent there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// An answer describes one thing.
const TIMEOUT: Duration = Duration::from_secs(8);

/// The way to one service in one region.
#[derive(Debug, Clone)]
pub(crate) struct SignedGet {
    service: &'static str,
    region: String,
    endpoint: String,
    credentials: Option<SharedCredentialsProvider>,
}

impl SignedGet {
    /// Returns the way to a service by the settings of the SDK's chain. `own_endpoint` is the
    /// environment variable that names an endpoint of this service alone.
    pub(crate) fn new(service: &'static str, own_endpoint: &str, region: &str, config: &SdkConfig) -> Self {
        let own = std::env::var(own_endpoint).ok().filter(|endpoint| !endpoint.trim().is_empty());
        let set = own.or_else(|| config.endpoint_url().map(str::to_owned));
        let endpoint = set.unwrap_or_else(|| usual_endpoint(service, region));
        Self {
            service,
            region: region.to_owned(),
            endpoint: endpoint.trim().trim_end_matches('/').to_owned(),
            credentials: config.credentials_provider(),
        }
    }

    /// Returns a client for a few requests.
    ///
    /// # Errors
    /// When the machine has no certificates to trust.
    pub(crate) fn client(&self, action: &'static str) -> Result<Client, AwsError> {
        let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT);
        client.redirect(reqwest::redirect::Policy::none()).build().map_err(|error| self.unreachable(action, error))
    }

    /// Gets a document. `action` is the IAM action that allows it; `path` and the query after it
    /// need no escapes.
    ///
    /// # Errors
    /// When AWS refuses, or does not answer in time.
    pub(crate) async fn get(&self, client: &Client, action: &'static str, path: &str) -> Result<Value, AwsError> {
        let url = format!("{}{path}", self.endpoint);
        let mut request = client.get(&url);
        for (name, value) in self.signature(action, &url).await? {
            request = request.header(name, value);
        }
        let call = CallSpan::aws(self.service, action);
        call.sent_to("GET", request.try_clone().and_then(host).as_deref().unwrap_or_default());
        let answered = async {
            let answer = request.send().await?;
            let (status, code) = (answer.status(), error_code(&answer));
            Ok((status, code, answer.bytes().await?))
        };
        let (status, code, body) = answered.instrument(call.span().clone()).await.map_err(|error| {
            call.unanswered();
            self.unreachable(action, error)
        })?;
        call.answered(status.as_u16());
        let document = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        if !status.is_success() {
            let code = code.or_else(|| short_code(document.get("__type")?.as_str()?));
            let message = ["message", "Message"].iter().find_map(|name| document.get(name)?.as_str());
            return Err(AwsError::of_answer(action, status.as_u16(), code.as_deref(), message));
        }
        Ok(document)
    }

    /// Returns the headers that sign a request.
    async fn signature(&self, action: &'static str, url: &str) -> Result<Vec<(String, String)>, AwsError> {
        let missing = |reason: String| AwsError::NoCredentials { reason };
        let provider = self.credentials.as_ref().ok_or_else(|| missing("there is no provider".to_owned()))?;
        let credentials = provider.provide_credentials().await.map_err(|error| missing(innermost(&error).to_string()))?;
        let identity = credentials.into();
        let failed = |reason: String| AwsError::Unreachable { action, region: self.region.clone(), reason };
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(error.to_string()))?
            .into();
        let request = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]));
        let request = request.map_err(|error| failed(error.to_string()))?;
        let (instructions, _) = sign(request, &parameters).map_err(|error| failed(error.to_string()))?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn unreachable(&self, action: &'static str, error: reqwest::Error) -> AwsError {
        AwsError::Unreachable { action, region: self.region.clone(), reason: innermost(&error.without_url()).to_string() }
    }
}

/// Returns the host that a request goes to.
fn host(request: RequestBuilder) -> Option<String> {
    request.build().ok()?.url().host_str().map(str::to_owned)
}

fn usual_endpoint(service: &str, region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{service}.{region}.{domain}")
}

/// Returns the code of an error: `AccessDeniedException:http://…` without what follows the colon.
fn error_code(answer: &Response) -> Option<String> {
    short_code(answer.headers().get("x-amzn-errortype")?.to_str().ok()?)
}

/// Returns a code without its namespace and its address.
fn short_code(text: &str) -> Option<String> {
    let code = text.split(':').next()?;
    code.rsplit('#').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_an_address_of_its_own_in_china() {
        assert_eq!(usual_endpoint("eks", "us-west-2"), "https://eks.us-west-2.amazonaws.com");
        assert_eq!(usual_endpoint("eks", "cn-north-1"), "https://eks.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn codes_come_in_three_forms() {
        for text in ["AccessDeniedException", "AccessDeniedException:http://internal/", "com.amazon#AccessDeniedException"] {
            assert_eq!(short_code(text).as_deref(), Some("AccessDeniedException"), "{text}");
        }
    }
}
