//! Which names the files of a crate use, read from their sources: whole files, grouped imports and
//! macros included.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemMod, ItemUse, Macro, Meta, Token, UseTree};

/// A name with its modules, such as `crate::plan::Plan`.
pub(crate) type Name = Vec<String>;

/// A file of the crate.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its place below the root of the crate, for people.
    pub(crate) path: PathBuf,
    /// The module it is, without `crate`: empty for `lib.rs`.
    pub(crate) module: Name,
    /// Every name it uses outside of unit tests. What begins with `self` or `super` begins with
    /// `crate` here.
    pub(crate) uses: BTreeSet<Name>,
    /// What it hands on under another module's name: the last part, and what it stands for.
    reexports: BTreeMap<String, Name>,
}

/// Reads every file of a crate, given the folder of its `lib.rs`. Folders that hold a package of
/// their own are left out.
pub(crate) fn sources(root: &Path) -> Vec<Source> {
    files_under(root).iter().map(|path| source(root, path)).collect()
}

impl Source {
    /// The other files that this one uses.
    pub(crate) fn files<'a>(&self, sources: &'a BTreeMap<&[String], &Source>) -> Vec<&'a Source> {
        let child = |name: &Name| sources.contains_key([&self.module[..], &name[..1]].concat().as_slice());
        let inside = |name: &Name| match name[0].as_str() {
            "crate" => Some(name.clone()),
            _ if child(name) => Some([&["crate".to_owned()], &self.module[..], name].concat()),
            _ => None,
        };
        let names = self.uses.iter().filter_map(inside);
        names.filter_map(|name| file_of(&name, sources)).filter(|other| other.module != self.module).collect()
    }
}

/// Returns the file that a name leads to: the deepest module of it that is a file, through what
/// modules hand on.
pub(crate) fn file_of<'a>(name: &[String], sources: &'a BTreeMap<&[String], &Source>) -> Option<&'a Source> {
    let inner = name.strip_prefix(&["crate".to_owned()])?;
    // The name itself may be a module; each step less asks whether it is handed on by the module
    // before.
    for length in (0..=inner.len()).rev() {
        let Some(source) = sources.get(&inner[..length]) else { continue };
        let Some(next) = inner.get(length) else { return Some(source) };
        let Some(target) = source.reexports.get(next) else { return Some(source) };
        let target: Name = target.iter().chain(&inner[length + 1..]).cloned().collect();
        return if target == name { Some(source) } else { file_of(&target, sources) };
    }
    None
}

fn source(root: &Path, path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a source file is readable");
    let file: File = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root).expect("it was found there").to_owned();
    let module = module_of(&path);
    let mut found = Uses { module: module.clone(), uses: BTreeSet::new() };
    found.visit_file(&file);
    let mut reexports = BTreeMap::new();
    for item in &file.items {
        if let Item::Use(item) = item
            && !matches!(item.vis, syn::Visibility::Inherited)
        {
            names_in(&item.tree, &mut Vec::new(), &mut |shown, name| {
                let is_bare = !["crate", "self", "super"].contains(&name[0].as_str());
                let name: Name =
                    if is_bare { ["self".to_owned()].iter().chain(name).cloned().collect() } else { name.to_vec() };
                reexports.insert(shown.to_owned(), absolute(&name, &module));
            });
        }
    }
    Source { path, module, uses: found.uses, reexports }
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
            names_in(&item.tree, &mut Vec::new(), &mut |_, name| {
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

/// Whether something is there for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args().is_ok_and(|condition| needs_test(&condition))
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let all = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            all.is_ok_and(|all| all.iter().any(needs_test))
        }
        _ => false,
    }
}

/// Each name of an import, with what it is called here.
fn names_in(tree: &UseTree, before: &mut Name, take: &mut dyn FnMut(&str, &[String])) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            names_in(&path.tree, before, take);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| names_in(tree, before, take)),
        UseTree::Name(name) if name.ident == "self" => take(before.last().map_or("", String::as_str), before),
        UseTree::Name(name) => with(before, &name.ident.to_string(), |all| take(&name.ident.to_string(), all)),
        UseTree::Rename(name) => with(before, &name.ident.to_string(), |all| take(&name.rename.to_string(), all)),
        UseTree::Glob(_) => with(before, "*", |all| take("*", all)),
    }
}

fn with(before: &mut Name, last: &str, take: impl FnOnce(&[String])) {
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
