//! Which names the files of a crate use, read from their sources: whole files, grouped imports and macros included.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, File, ItemMod, ItemUse, Macro, UseName, UseRename, UseTree};

/// A name with its modules, such as `crate::plan::Plan`.
pub(crate) type Name = Vec<String>;

/// A file of the crate.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its place below the root of the crate, for people.
    pub(crate) path: PathBuf,
    /// The module it is, without `crate`: empty for `lib.rs`.
    pub(crate) module: Name,
    /// Every name it uses outside of unit tests. What begins with `self` or `super` begins with `crate` here.
    pub(crate) uses: BTreeSet<Name>,
}

/// Reads every file of a crate, given the folder of its `lib.rs`. Folders that hold a package of their own are left out.
pub(crate) fn sources(root: &Path) -> Vec<Source> {
    files_under(root).iter().map(|path| source(root, path)).collect()
}

fn source(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a source file is readable");
    let file: File = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root).expect("it was found there").to_owned();
    let module = module_of(&path);
    let mut found = Uses { module: module.clone(), uses: BTreeSet::new() };
    found.visit_file(&file);
    Source { path, module, uses: found.uses }
}

fn module_of(path: &Path) -> Name {
    let mut parts: Name = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

struct Uses {
    module: Name,
    uses: BTreeSet<Name>,
}

impl<'ast> Visit<'ast> for Uses {
    /// What a unit test uses is its own business.
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_test(&item.attrs) {
            let (module, uses) = (&self.module, &mut self.uses);
            names_in(&item.tree, &mut Vec::new(), &mut |name| {
                uses.insert(absolute(name, module));
            });
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let name: Name = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if name.len() > 1 {
            self.uses.insert(absolute(&name, &self.module));
        }
        visit::visit_path(self, path);
    }

    /// The arguments of a macro are no expressions yet; names in them are found by their shape.
    fn visit_macro(&mut self, called: &'ast Macro) {
        let tokens = called.tokens.to_string().replace(" :: ", "::").replace(" ::", "::");
        for word in tokens.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':')) {
            let name: Name = word.split("::").map(str::to_owned).collect();
            if name.len() > 1 && name.iter().all(|part| !part.is_empty() && !part.contains(':')) {
                self.uses.insert(absolute(&name, &self.module));
            }
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|of| of.is_ident("test"))
    })
}

/// Each name of an import.
fn names_in(tree: &UseTree, before: &mut Name, take: &mut dyn FnMut(&[String])) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            names_in(&path.tree, before, take);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| names_in(tree, before, take)),
        UseTree::Name(name) if name.ident == "self" => take(before),
        UseTree::Name(UseName { ident }) | UseTree::Rename(UseRename { ident, .. }) => with(before, &ident.to_string(), take),
        UseTree::Glob(_) => with(before, "*", take),
    }
}

fn with(before: &mut Name, last: &str, take: &mut dyn FnMut(&[String])) {
    before.push(last.to_owned());
    take(before);
    before.pop();
}

/// A name as seen from the root of the crate, if it says that it is one of the crate.
fn absolute(name: &[String], module: &[String]) -> Name {
    let ups = name.iter().take_while(|part| *part == "super").count();
    let (base, rest): (&[String], &[String]) = match name.first().map(String::as_str) {
        Some("self") => (module, &name[1..]),
        Some("super") => (&module[..module.len().saturating_sub(ups)], &name[ups..]),
        _ => return name.to_vec(),
    };
    ["crate".to_owned()].iter().chain(base).chain(rest).cloned().collect()
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the sources are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .filter(|path| !path.join("Cargo.toml").exists())
        .flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .collect()
}
