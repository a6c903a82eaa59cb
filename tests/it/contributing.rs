//! The places that `.github/CONTRIBUTING.md` names exist.

use std::path::Path;

const PAGE: &str = include_str!("../../.github/CONTRIBUTING.md");

#[test]
fn each_file_and_folder_that_the_guide_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The odd pieces stand between two backticks.
    let named = PAGE.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let is_place = |word: &&str| {
        (word.starts_with("src/") || word.starts_with("tests/") || word.starts_with('.')) && !word.contains("NAME")
    };
    let places: Vec<&str> = named.filter(is_place).collect();
    assert!(places.len() > 40, "the guide names {} places", places.len());
    let missing: Vec<&&str> = places.iter().filter(|place| !root.join(place).exists()).collect();
    assert_eq!(missing, [&""; 0]);
}
