//! The `cloud-config` of Cluster Autoscaler and of the cloud controller: the section `[Global]` of
//! a file in the syntax of git's configuration (gcfg, <https://github.com/go-gcfg/gcfg>).

use std::path::Path;

use super::written::{SettingsPlace, WrittenSettings};
use crate::cloud::magnum::error::MagnumError;

/// The section with the settings of the cloud. Names of sections and keys have no case.
const SECTION: &str = "global";

/// Reads the settings of a file. Keys that are not understood belong to others, who read the same
/// file.
///
/// # Errors
/// With the number of a line alone: its text may hold a secret.
pub(super) fn parse(path: &Path, text: &str) -> Result<WrittenSettings, MagnumError> {
    let mut written = WrittenSettings::new(SettingsPlace::CloudConfig { file: path.to_owned() });
    let mut is_ours = false;
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mistake = |problem: &str| MagnumError::BadFile {
            file: path.display().to_string(),
            problem: format!("has a mistake in line {}: {problem}", number + 1),
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            let (name, _) = section.split_once(']').ok_or_else(|| mistake("a section has no ] at its end"))?;
            is_ours = name.trim().eq_ignore_ascii_case(SECTION);
            continue;
        }
        let (key, rest) = line.split_once('=').unwrap_or((line, "true"));
        let mut value = RawValue::default();
        let mut rest = rest.trim_start();
        while value.read(rest).map_err(mistake)? == LineEnd::Continued {
            rest = lines.next().map_or("", |(_, line)| line);
        }
        if is_ours {
            written.set(&canonical(&key.trim().to_lowercase()), value.finished());
        }
    }
    Ok(written)
}

/// Returns the name of openstacksdk for a key in lower case.
fn canonical(key: &str) -> String {
    match key {
        "region" => "region_name".to_owned(),
        "ca-file" => "cacert".to_owned(),
        "tls-insecure" => "insecure".to_owned(),
        "cert-file" => "cert".to_owned(),
        "os-endpoint-type" => "endpoint_type".to_owned(),
        other => other.replace('-', "_"),
    }
}

/// Whether a value goes on in the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    /// It ends here.
    Done,
    /// A backslash stands at the end of the line.
    Continued,
}

/// A value as far as it was read.
#[derive(Default)]
struct RawValue {
    text: String,
    /// What stands in front of here stays, even if it is white space: it was quoted.
    kept: usize,
}

impl RawValue {
    /// Reads one line of it: parts in double quotes with backslashes, and a comment at the end.
    fn read(&mut self, line: &str) -> Result<LineEnd, &'static str> {
        let mut quoted = false;
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => {
                    quoted = !quoted;
                    self.kept = self.text.len();
                }
                '\\' => match letters.next() {
                    Some('n') => self.text.push('\n'),
                    Some('t') => self.text.push('\t'),
                    Some(plain @ ('"' | '\\')) => self.text.push(plain),
                    Some(_) => return Err("only \\\\, \\\", \\n and \\t may be written with a backslash"),
                    None if quoted => return Err("a quote has no end"),
                    None => return Ok(LineEnd::Continued),
                },
                '#' | ';' if !quoted => break,
                letter => self.text.push(letter),
            }
        }
        if quoted { Err("a quote has no end") } else { Ok(LineEnd::Done) }
    }

    fn finished(self) -> String {
        let (kept, rest) = self.text.split_at(self.kept);
        format!("{kept}{}", rest.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::magnum::sign_in::hidden::Hidden;

    fn read(text: &str) -> Result<WrittenSettings, String> {
        parse(Path::new("/etc/kubernetes/cloud-config"), text).map_err(|error| error.to_string())
    }

    /// The file that Magnum's Heat driver writes on masters (`write-kube-os-config.sh`).
    #[test]
    fn the_file_of_a_master_is_read() {
        let text = "[Global]\nauth-url=https://keystone:5000/v3\nuser-id=u1\npassword=hunter2\ntrust-id=t1\n\
                    ca-file=/etc/kubernetes/ca-bundle.crt\nregion=RegionOne\n[LoadBalancer]\nuse-octavia=True\n\
                    [BlockStorage]\nbs-version=v2\npassword=other\n";
        let written = read(text).expect("settings");
        for (key, value) in [
            ("auth_url", Some("https://keystone:5000/v3")),
            ("user_id", Some("u1")),
            ("password", Some("hunter2")),
            ("trust_id", Some("t1")),
            ("cacert", Some("/etc/kubernetes/ca-bundle.crt")),
            ("region_name", Some("RegionOne")),
            ("username", None),
        ] {
            assert_eq!(written.get(key), value, "{key}");
        }
    }

    /// The expected values are those of gcfg's own tests and of git's documentation.
    #[test]
    fn values_are_quoted_commented_and_continued_as_in_git_s_configuration() {
        for (line, value) in [
            ("password=plain", "plain"),
            ("password = with blanks inside  ", "with blanks inside"),
            ("password=\"a # b; c\" # why", "a # b; c"),
            ("password=cut#here", "cut"),
            ("password=cut;here", "cut"),
            (r#"password="say \"hi\" \\ there""#, r#"say "hi" \ there"#),
            ("password=\"kept  \"  ", "kept  "),
            ("password=first\\\nsecond", "firstsecond"),
            ("PassWord=x", "x"),
        ] {
            let written = read(&format!("; Global\n[global]\n{line}\nregion=r\n")).expect(line);
            assert_eq!(written.secret("password").map(Hidden::reveal), Some(value), "{line}");
            assert_eq!(written.get("region_name"), Some("r"), "{line}");
        }
    }

    #[test]
    fn a_key_alone_is_true_and_unknown_ones_are_others() {
        let written = read("[Global]\ntls-insecure\nuse-clouds=false\nkubernetes-version=\"1.30\"\n").expect("settings");
        assert_eq!(written.get("insecure"), Some("true"));
    }

    #[test]
    fn a_mistake_is_named_by_its_line_alone() {
        for text in ["[Global]\npassword=\"hunter2\n", "[Global]\npassword=hunter2\\x\n", "[Global]\n\n[hunter2\n"] {
            let error = read(text).expect_err(text);
            assert!(error.starts_with("/etc/kubernetes/cloud-config has a mistake in line "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
