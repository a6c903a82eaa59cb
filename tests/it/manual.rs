//! Pages of the manual that are generated.
//! `UPDATE_MANUAL=1 cargo test --test it manual` writes them anew.

use std::path::Path;
use std::{env, fs};

use ec2_autoscale::plan::codes::codes;
use ec2_autoscale::render;

#[test]
fn the_list_of_codes_is_current() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/codes.md");
    let made = render::manual_of_codes(&codes());
    if env::var_os("UPDATE_MANUAL").is_some() {
        fs::write(&page, &made).expect("the page can be written");
    }
    let kept = fs::read_to_string(&page).expect("the page is there");
    assert_eq!(kept, made, "src/manual/codes.md is stale; run UPDATE_MANUAL=1 cargo test --test it manual, and commit it");
}
