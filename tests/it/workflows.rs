//! The workflows run what was read: each action is named by a commit, as a tag can be moved. What
//! they publish is where installers look for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn each_action_is_named_by_a_commit_with_its_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let files = fs::read_dir(folder).expect("the workflows").map(|file| file.expect("a file").path());
    let texts: Vec<String> = files.map(|file| fs::read_to_string(file).expect("a text")).collect();
    let used: BTreeSet<&str> =
        texts.iter().flat_map(|text| text.lines()).filter_map(|line| Some(line.split_once("uses: ")?.1)).collect();
    let is_pinned = |used: &&&str| {
        let Some((commit, version)) = used.split_once('@').and_then(|(_, pin)| pin.split_once(" # v")) else { return false };
        let is_version = version.split('.').filter(|part| part.parse::<u32>().is_ok()).count() == 3;
        commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_version
    };
    let moving: Vec<&&str> = used.iter().filter(|used| !is_pinned(used)).collect();
    assert_eq!(moving, [&""; 0]);
    let actions: BTreeSet<&str> = used.iter().filter_map(|used| Some(used.split_once('@')?.0)).collect();
    assert!(actions.len() > 5 && actions.len() == used.len(), "one version of each: {used:?}");
}

#[test]
fn binstall_looks_for_the_archives_that_a_release_has() {
    let package = include_str!("../../Cargo.toml");
    let release = include_str!("../../.github/workflows/release.yml");
    for (look, made) in [
        ("/releases/download/v{ version }/{ name }-{ target }.tar.gz\"", "tar -czf \"$NAME.tar.gz\" \"$NAME\""),
        ("bin-dir = \"{ name }-{ target }/{ bin }{ binary-ext }\"", "NAME: ec2-autoscale-${{ matrix.target }}"),
    ] {
        assert!(package.contains(look) && release.contains(made), "{look}: {made}");
    }
    assert!(release.contains("tags: [\"v*\"]") && release.contains("cp \"$BINARY\" "));
}
