//! The form of comments: lines that fit beside other text on a screen, and descriptions of
//! functions that begin with a verb.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Signature};

/// The most characters of a line of comments, from the margin.
const MOST_COLUMNS: usize = 100;

/// The folders of source files.
const FOLDERS: [&str; 4] = ["src", "tests/it", "tests/planner", "tests/support"];

#[test]
fn no_line_of_comments_is_longer_than_100_columns() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<PathBuf> = FOLDERS.iter().flat_map(|folder| rust_files(&root.join(folder))).collect();
    assert!(files.len() > 200, "there are {} files", files.len());
    let long: Vec<String> = files.iter().flat_map(|file| long_lines(file)).collect();
    assert_eq!(long, [""; 0]);
}

/// Returns the files with code of a folder and of those in it.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files_of = |path: PathBuf| match path.is_dir() {
        true => rust_files(&path),
        false => Vec::from_iter(path.extension().is_some_and(|extension| extension == "rs").then_some(path)),
    };
    entries.flat_map(files_of).collect()
}

/// Returns the places of lines of comments that are too long. A single word, as an address of the
/// web, cannot be broken.
fn long_lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a file");
    let is_long = |line: &str| {
        let is_one_word = || line.split_whitespace().count() <= 2;
        line.trim_start().starts_with("//") && line.chars().count() > MOST_COLUMNS && !is_one_word()
    };
    let long = text.lines().enumerate().filter(|(_, line)| is_long(line));
    long.map(|(number, _)| format!("{}:{}", file.display(), number + 1)).collect()
}

/// "Returns …", "Reads …", "Whether …": what a function does, and not what it is.
#[test]
fn the_descriptions_of_functions_begin_with_a_verb_in_the_third_person() {
    let mut descriptions = Descriptions::default();
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).expect("a file");
        descriptions.visit_file(&syn::parse_file(&text).expect("Rust"));
    }
    assert!(descriptions.count > 500, "there are {} descriptions", descriptions.count);
    assert_eq!(descriptions.without_a_verb, [""; 0]);
}

/// The descriptions of functions that are no tests.
#[derive(Default)]
struct Descriptions {
    count: usize,
    without_a_verb: Vec<String>,
}

impl Descriptions {
    fn check(&mut self, attributes: &[Attribute], function: &Signature) {
        let is_test = attributes.iter().any(|attribute| attribute.path().segments.iter().any(|part| part.ident == "test"));
        let Some(description) = attributes.iter().find_map(first_line).filter(|_| !is_test) else { return };
        self.count += 1;
        let verb = description.split_whitespace().next().unwrap_or_default();
        let is_verb = verb == "Whether" || verb.trim_end_matches(',').trim_end_matches(';').ends_with('s');
        if !is_verb || ["This", "Its", "As"].contains(&verb) {
            self.without_a_verb.push(format!("{}: {}", function.ident, description.trim()));
        }
    }
}

impl<'ast> Visit<'ast> for Descriptions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.attrs, &function.sig);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.check(&function.attrs, &function.sig);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.check(&function.attrs, &function.sig);
        visit::visit_trait_item_fn(self, function);
    }
}

/// Returns the text of an attribute that is a line of a description.
fn first_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
