//! The connection to the Kubernetes API, found as kubectl does: kubeconfigs, then the pod's service
//! account.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Config;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::call::{CallError, chain};
use super::error::KubernetesError;
use super::proxy::goes_direct;
use super::traced::Traced;

/// An API server may take at most this long to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// It may be silent for at most this long within an answer: a page of 500 pods takes well under a
/// second.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to the cluster that `--kubeconfig` and `--context` or, without them, kubectl's own
/// chain and then the pod's service account name. Returns the client with its URL.
///
/// # Errors
/// When there is no usable configuration.
pub async fn connect_kubernetes(
    kubeconfig: Option<&Path>,
    context: Option<&str>,
) -> Result<(kube::Client, String), KubernetesError> {
    let config = with_limits(configuration(kubeconfig, context).await?);
    let url = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    let traced = Traced::new(config.cluster_url.host().unwrap_or_default());
    let client = ClientBuilder::try_from(config).map_err(|error| match CallError::from(error) {
        CallError::Credentials(problem) => KubernetesError::Credentials { problem },
        other => KubernetesError::Tls { url: url.clone(), cause: other.to_string() },
    })?;
    Ok((client.with_layer(&traced).build(), url))
}

/// Sets limits. kube repeats 429, 503 and 504 up to fifteen times by default, which turns an
/// eviction that a budget refuses into a hang, and waits for an answer without end. We bound both.
fn with_limits(mut config: Config) -> Config {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.write_timeout = Some(READ_TIMEOUT);
    // Otherwise the time that a pooled connection was idle counts as silence.
    config.reset_reader_on_write = true;
    let agent = concat!("ec2-autoscale/", env!("CARGO_PKG_VERSION"));
    config.headers.push((USER_AGENT, HeaderValue::from_static(agent)));
    config
}

async fn configuration(asked: Option<&Path>, context: Option<&str>) -> Result<Config, KubernetesError> {
    let Some((path, kubeconfig)) = kubeconfig(asked)? else { return in_cluster(context) };
    let known: Vec<String> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    check_context(context.or(kubeconfig.current_context.as_deref()), known)?;
    let has_own_proxy = has_own_proxy(&kubeconfig, context);
    let chosen = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &chosen).await;
    let mut config = config.map_err(|error| KubernetesError::BadKubeconfig { path, problem: chain(&error) })?;
    if !has_own_proxy && goes_direct(&config.cluster_url, &no_proxy()) {
        config.proxy_url = None;
    }
    Ok(config)
}

/// Whether the kubeconfig itself names a proxy for the cluster; it wins over the environment.
fn has_own_proxy(kubeconfig: &Kubeconfig, context: Option<&str>) -> bool {
    let context = context.or(kubeconfig.current_context.as_deref());
    let mut contexts = kubeconfig.contexts.iter().filter(|named| Some(named.name.as_str()) == context);
    let cluster = contexts.find_map(|named| Some(&named.context.as_ref()?.cluster));
    let named = kubeconfig.clusters.iter().find(|named| Some(&named.name) == cluster);
    named.and_then(|named| named.cluster.as_ref()?.proxy_url.as_ref()).is_some_and(|proxy| !proxy.is_empty())
}

fn no_proxy() -> String {
    std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default()
}

fn check_context(chosen: Option<&str>, known: Vec<String>) -> Result<(), KubernetesError> {
    match chosen.filter(|context| !context.is_empty()) {
        None => Err(KubernetesError::NoContext { known }),
        Some(context) if !known.iter().any(|name| name == context) => {
            Err(KubernetesError::UnknownContext { context: context.to_owned(), known })
        }
        Some(_) => Ok(()),
    }
}

/// Returns the kubeconfig and the name of its file or files: the requested one, else those of
/// `$KUBECONFIG` merged, else `~/.kube/config`. Returns `None` when there is none.
fn kubeconfig(asked: Option<&Path>) -> Result<Option<(String, Kubeconfig)>, KubernetesError> {
    if let Some(path) = asked {
        return read(path).map(Some);
    }
    if let Some(paths) = std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty()) {
        return from_variable(&paths);
    }
    match std::env::home_dir().map(|home| home.join(".kube/config")).filter(|path| path.is_file()) {
        Some(path) => read(&path).map(Some),
        None => Ok(None),
    }
}

/// Returns the files that `$KUBECONFIG` names: kubectl continues with those that exist. When none
/// exists, a later place might name another cluster than the one that was meant.
fn from_variable(paths: &OsStr) -> Result<Option<(String, Kubeconfig)>, KubernetesError> {
    let files: Vec<PathBuf> = std::env::split_paths(paths).filter(|path| path.exists()).collect();
    match files.is_empty() {
        true => Err(KubernetesError::KubeconfigNowhere { value: paths.to_string_lossy().into_owned() }),
        false => merged(&files),
    }
}

fn merged(files: &[PathBuf]) -> Result<Option<(String, Kubeconfig)>, KubernetesError> {
    let mut files = files.iter();
    let Some(first) = files.next() else { return Ok(None) };
    files
        .try_fold(read(first)?, |(names, whole), file| {
            let (name, next) = read(file)?;
            let names = format!("{names}, {name}");
            match whole.merge(next) {
                Ok(whole) => Ok((names, whole)),
                Err(error) => Err(KubernetesError::BadKubeconfig { path: names, problem: chain(&error) }),
            }
        })
        .map(Some)
}

fn read(path: &Path) -> Result<(String, Kubeconfig), KubernetesError> {
    let name = path.display().to_string();
    match Kubeconfig::read_from(path) {
        Ok(kubeconfig) => Ok((name, kubeconfig)),
        // The error's own words name the path again.
        Err(KubeconfigError::ReadConfig(error, _)) => {
            Err(KubernetesError::BadKubeconfig { path: name, problem: error.to_string() })
        }
        Err(error) => Err(KubernetesError::BadKubeconfig { path: name, problem: chain(&error) }),
    }
}

/// Returns the configuration of the service account of this pod.
fn in_cluster(context: Option<&str>) -> Result<Config, KubernetesError> {
    if let Some(context) = context {
        return Err(KubernetesError::UnknownContext { context: context.to_owned(), known: Vec::new() });
    }
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(KubernetesError::NoKubeconfig);
    }
    Config::incluster().map_err(|error| KubernetesError::BadServiceAccount { problem: chain(&error) })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kubeconfig_of(contexts: &[&str], current: &str) -> String {
        let context = |name: &&str| serde_json::json!({ "name": name, "context": { "cluster": name, "user": "u" } });
        let contexts: Vec<_> = contexts.iter().map(context).collect();
        serde_json::json!({ "kind": "Config", "current-context": current, "contexts": contexts }).to_string()
    }

    #[tokio::test]
    async fn an_unknown_context_lists_those_there_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config");
        fs::write(&path, kubeconfig_of(&["prod", "dev"], "")).expect("a file");
        let error = |outcome: Result<Config, KubernetesError>| outcome.expect_err("no such context").to_string();
        assert_eq!(
            error(configuration(Some(&path), Some("staging")).await),
            r#"kubeconfig has no context "staging"; it has prod, dev"#
        );
        assert_eq!(
            error(configuration(Some(&path), None).await),
            "kubeconfig has no current context; give --context, one of prod, dev"
        );
    }

    #[test]
    fn several_files_are_merged_and_the_first_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        let files = [file("a", kubeconfig_of(&["prod"], "prod")), file("b", kubeconfig_of(&["dev"], "dev"))];
        let (_, merged) = merged(&files).expect("two good files").expect("not none");
        assert_eq!(merged.current_context.as_deref(), Some("prod"));
        assert_eq!(merged.contexts.iter().map(|context| context.name.as_str()).collect::<Vec<_>>(), ["prod", "dev"]);
    }

    #[test]
    fn a_file_that_is_not_there_or_not_yaml_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing");
        let error = kubeconfig(Some(&missing)).expect_err("no file").to_string();
        assert!(error.starts_with(&format!("kubeconfig {} can't be used: No such file", missing.display())), "{error}");
        let broken = folder.path().join("broken");
        fs::write(&broken, "contexts: [").expect("a file");
        let error = kubeconfig(Some(&broken)).expect_err("not YAML").to_string();
        assert!(error.starts_with(&format!("kubeconfig {} can't be used: ", broken.display())), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn a_variable_that_points_nowhere_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("there");
        fs::write(&there, kubeconfig_of(&["prod"], "prod")).expect("a file");
        let paths = |paths: &[&Path]| std::env::join_paths(paths).expect("no colon in them");
        let missing = Path::new("/nowhere/config");
        let (name, _) = from_variable(&paths(&[missing, &there])).expect("kubectl goes on").expect("not none");
        assert_eq!(name, there.display().to_string());
        let error = from_variable(&paths(&[missing])).expect_err("no file").to_string();
        assert!(error.starts_with("KUBECONFIG is \"/nowhere/config\", and there is no such file"), "{error}");
    }

    #[test]
    fn nothing_is_repeated_or_waited_for_without_end() {
        let config = with_limits(Config::new("http://127.0.0.1".parse().expect("a URL")));
        assert!(!config.default_retry && config.reset_reader_on_write);
        assert!(config.connect_timeout.is_some() && config.read_timeout.is_some());
    }

    /// Returns a kubeconfig for a server, with a proxy or none, whose credentials come from a
    /// plugin.
    fn kubeconfig_with(cluster: &serde_json::Value, user: &serde_json::Value) -> String {
        serde_json::json!({
            "kind": "Config", "current-context": "c",
            "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": cluster }],
            "users": [{ "name": "u", "user": user }]
        })
        .to_string()
    }

    #[tokio::test]
    async fn the_words_of_a_failing_credential_plugin_are_shown_and_its_output_is_not() {
        let plugin = serde_json::json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "interactiveMode": "Never",
            "args": ["-c", "echo half-a-token; echo 'the SSO session has expired' >&2; exit 3"] } });
        let cluster = serde_json::json!({ "server": "http://127.0.0.1:1" });
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config");
        fs::write(&path, kubeconfig_with(&cluster, &plugin)).expect("a file");
        let error = connect_kubernetes(Some(&path), None).await.map(|_| ()).expect_err("no credentials").to_string();
        assert_eq!(
            error,
            "no credentials for the Kubernetes API: the kubeconfig's credential plugin failed (exit status: 3): \
             the SSO session has expired"
        );
    }

    #[test]
    fn a_proxy_of_the_kubeconfig_is_told_from_one_of_the_environment() {
        for (proxy, own) in [(serde_json::Value::Null, false), ("".into(), false), ("http://proxy:3128".into(), true)] {
            let cluster = serde_json::json!({ "server": "https://10.0.0.1", "proxy-url": proxy });
            let kubeconfig = Kubeconfig::from_yaml(&kubeconfig_with(&cluster, &serde_json::json!({}))).expect("a kubeconfig");
            assert_eq!(has_own_proxy(&kubeconfig, None), own, "{proxy}");
        }
    }
}
