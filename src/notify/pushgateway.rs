//! `--pushgateway`: the metrics of a run, for a Prometheus that cannot find a process of a few
//! seconds.
//!
//! The metrics of a run replace those of the run before (PUT), so that no group is left behind that
//! is gone. The time of the last success is in a group of its own, which only a success writes: a
//! run that failed leaves it as it is.

use reqwest::Url;

use super::RunEnd;
use super::http::{HttpError, client, send, url};
use super::metrics::{run_text, seconds, success_text};

/// The label `job`.
const JOB: &str = "ec2_autoscale";

/// The media type of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Sends the metrics to the Pushgateway.
///
/// # Errors
/// When it refuses or cannot be reached.
pub(super) async fn push(address: &str, end: &RunEnd<'_>) -> Result<(), HttpError> {
    let base = url(address, "--pushgateway")?;
    let client = client()?;
    let put = async |group: Url, text: String| {
        send(client.put(group).header(reqwest::header::CONTENT_TYPE, TEXT).body(text)).await.map(|_| ())
    };
    put(group(&base, end.cluster, &[]), run_text(end)).await?;
    if end.is_success() {
        put(group(&base, end.cluster, &[("kept", "success")]), success_text(seconds(end.ended), end.cluster)).await?;
    }
    Ok(())
}

/// Returns the address of a group: `/metrics/job/ec2_autoscale/cluster/NAME` and further labels.
fn group(base: &Url, cluster: &str, more: &[(&str, &str)]) -> Url {
    let mut path = format!("{}/metrics/job/{JOB}/cluster{}", base.path().trim_end_matches('/'), value(cluster));
    for (label, text) in more {
        path.push('/');
        path.push_str(label);
        path.push_str(&value(text));
    }
    let mut group = base.clone();
    group.set_query(None);
    group.set_fragment(None);
    group.set_path(&path);
    group
}

/// Returns the value of a label after its name: unchanged, or in base64 where it would mean
/// something in a path (README of the Pushgateway, "URL": an empty value is a single `=` there).
fn value(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    // One or two dots alone would mean the folder itself or the one above.
    let is_plain = !text.is_empty() && text.bytes().all(plain) && !text.bytes().all(|byte| byte == b'.');
    match (is_plain, text.is_empty()) {
        (true, _) => format!("/{text}"),
        (false, true) => "@base64/=".to_owned(),
        (false, false) => format!("@base64/{}", base64url(text.as_bytes())),
    }
}

/// Encodes base64 with the alphabet for addresses, without padding (RFC 4648, section 5).
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            let index = usize::try_from(group >> (18 - 6 * place) & 63).unwrap_or(0);
            text.push(char::from(ALPHABET[index]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(address: &str, cluster: &str) -> String {
        group(&url(address, "--pushgateway").expect("an address"), cluster, &[]).to_string()
    }

    #[test]
    fn groups_are_told_apart_by_the_cluster() {
        assert_eq!(path("http://push:9091", "prod"), "http://push:9091/metrics/job/ec2_autoscale/cluster/prod");
        assert_eq!(
            path("http://push:9091/base/?x#y", "a.b-c"),
            "http://push:9091/base/metrics/job/ec2_autoscale/cluster/a.b-c"
        );
    }

    #[test]
    fn odd_names_are_in_base64() {
        for (cluster, value) in [("a/b", "YS9i"), ("ü", "w7w"), ("", "="), (".", "Lg"), ("..", "Li4"), ("a b", "YSBi")] {
            let expected = format!("http://push/metrics/job/ec2_autoscale/cluster@base64/{value}");
            assert_eq!(path("http://push", cluster), expected, "{cluster:?}");
        }
    }

    /// The vectors are those of RFC 4648, section 10, in the alphabet for addresses.
    #[test]
    fn base64_is_that_of_the_published_test_vectors() {
        let vectors = [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")];
        for (plain, encoded) in vectors {
            assert_eq!(base64url(plain.as_bytes()), encoded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
