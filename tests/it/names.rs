//! One name a thing: no two types have the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::Item;

use crate::prose::rust_files;

#[test]
fn no_two_files_declare_a_type_of_the_same_name() {
    let mut files_by_type: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for name in types_in(&file) {
            files_by_type.entry(name).or_default().insert(file.display().to_string());
        }
    }
    assert!(files_by_type.len() > 300, "there are {} types", files_by_type.len());
    files_by_type.retain(|_, files| files.len() > 1);
    assert_eq!(files_by_type, BTreeMap::new());
}

/// Returns the names of the types that a file declares outside of functions and unit tests.
fn types_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a file");
    let items = syn::parse_file(&text).expect("Rust").items;
    let name = |item: &Item| match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Trait(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}
