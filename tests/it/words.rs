//! The core knows groups and no clouds: the words of a cloud stand only among the names that others
//! gave, and in documents of the past.

use std::fs;
use std::path::{Path, PathBuf};

/// The words of a cloud, also as parts of longer words such as the name of a type.
const WORDS: [&str; 12] =
    ["AWS", "EC2", "ASG", "EKS", "AZRebalance", "Auto Scaling", "Aws", "Ec2", "Asg", "Eks", "Magnum", "OpenStack"];

/// The same as parts of names of functions and fields.
const PARTS_OF_NAMES: [&str; 6] = ["aws", "ec2", "asg", "eks", "magnum", "openstack"];

/// The name of the product, in variables of the environment and in code.
const PRODUCT: [&str; 2] = ["EC2_AUTOSCALE", "ec2_autoscale"];

/// The folder of the names that others gave, and documents of the past.
const EXEMPT: [&str; 3] = ["well_known", "v1.rs", "v1.schema.json"];

#[test]
fn the_core_names_no_cloud() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core"));
    assert!(files.len() > 100, "there are {} files", files.len());
    let found: Vec<String> = files.iter().flat_map(|file| lines_with_words(file)).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_word_is_found_in_comments_names_and_texts_and_the_product_may_be_named() {
    for line in ["// what AWS says", "struct AwsGroup;", "let is_asg = true;", "\"an Auto Scaling Group\"", "fn aws_of() {}"] {
        assert!(names_a_cloud(line), "{line}");
    }
    for line in ["use ec2_autoscale_core::plan;", "EC2_AUTOSCALE_REGIONS", "\"aws:///us-west-2a/i-0\"", "fn draws_lots() {}"] {
        assert!(!names_a_cloud(line), "{line}");
    }
}

/// Returns the files of a folder and of those in it that may not name a cloud.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_held = |path: &PathBuf| !EXEMPT.iter().any(|place| path.ends_with(place));
    entries.filter(is_held).flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Returns the places of lines that name a cloud.
fn lines_with_words(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a file");
    let found = text.lines().enumerate().filter(|(_, line)| names_a_cloud(line));
    found.map(|(number, line)| format!("{}:{}: {}", file.display(), number + 1, line.trim())).collect()
}

fn names_a_cloud(line: &str) -> bool {
    let line = PRODUCT.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
    let mut names = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|name| name.contains('_'));
    WORDS.iter().any(|word| line.contains(word)) || names.any(|name| name.split('_').any(|part| PARTS_OF_NAMES.contains(&part)))
}
