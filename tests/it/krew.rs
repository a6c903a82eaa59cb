//! `.krew.yaml`: what krew-release-bot makes the manifest of, as the plugin index wants it.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// What the bot fills in: a tag, and whose repository it is.
const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the manifest as the bot makes it of a release of `someone/somewhere`.
fn manifest() -> Value {
    let template = fs::read_to_string(root().join(".krew.yaml")).expect("the template");
    let mut made = String::new();
    for line in template.lines() {
        let line = match line.split_once("{{ addURIAndSha (printf \"") {
            Some((margin, rest)) => {
                let (address, arguments) = rest.split_once('"').expect("an address");
                assert_eq!(arguments, " .PluginOwner .PluginRepo) .TagName }}");
                assert_eq!(margin, "    ", "the bot writes the second line with this margin");
                let address = address.replacen("%s", "someone", 1).replacen("%s", "somewhere", 1);
                format!("{margin}uri: {address}\n    sha256: {}", "0".repeat(64))
            }
            None => line.to_owned(),
        };
        made.push_str(&line);
        made.push('\n');
    }
    for (field, value) in [("TagName", TAG), ("PluginOwner", "someone"), ("PluginRepo", "somewhere")] {
        made = made.replace(&format!("{{{{ .{field} }}}}"), value);
    }
    assert!(!made.contains("{{"), "{made}");
    serde_saphyr::from_str(&made).expect("YAML")
}

#[test]
fn it_is_a_plugin_of_this_version() {
    let manifest = manifest();
    assert_eq!(manifest["apiVersion"], "krew.googlecontainertools.github.com/v1alpha2");
    assert_eq!((&manifest["kind"], &manifest["metadata"]["name"]), (&"Plugin".into(), &"ec2-autoscale".into()));
    assert_eq!(manifest["spec"]["version"], TAG);
    let short = manifest["spec"]["shortDescription"].as_str().expect("a description");
    assert!(short.len() <= 50 && !short.ends_with('.'), "the index wants it short: {short}");
    for text in ["description", "caveats"] {
        let text = manifest["spec"][text].as_str().expect("a text");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }
}

#[test]
fn its_archives_are_those_of_a_release() {
    let release = fs::read_to_string(root().join(".github/workflows/release.yml")).expect("the workflow");
    let manifest = manifest();
    let platforms = manifest["spec"]["platforms"].as_array().expect("platforms");
    for platform in platforms {
        let uri = platform["uri"].as_str().expect("an address");
        let archive = uri.strip_prefix(&format!("https://github.com/someone/somewhere/releases/download/{TAG}/ec2-autoscale-"));
        let target = archive.and_then(|archive| archive.strip_suffix(".tar.gz")).expect("an archive of a release");
        assert!(release.contains(&format!("{{target: {target}, ")), "{target} is not built");
        let system = if target.contains("darwin") { "darwin" } else { "linux" };
        let processor = if target.starts_with("x86_64") { "amd64" } else { "arm64" };
        assert_eq!(platform["selector"]["matchLabels"], serde_json::json!({"os": system, "arch": processor}));
        assert_eq!((&platform["bin"], &platform["files"][0]["to"]), (&"ec2-autoscale".into(), &".".into()));
        assert_eq!(platform["files"][0]["from"], "ec2-autoscale-*/ec2-autoscale");
    }
    assert_eq!(platforms.len(), release.matches("{target: ").count(), "each archive has its platform");
}
