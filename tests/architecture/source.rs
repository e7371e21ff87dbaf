//! The crate's sources, parsed: what each file defines and what it uses, without its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Item, ItemUse, Macro, Token, UseTree, Visibility};

/// A path as it is written in a file, made absolute where it begins with `crate`, `self` or `super`.
pub(crate) type Segments = Vec<String>;

/// A source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Below `src`, such as `run/dir/lock.rs`.
    pub(crate) path: String,
    /// The module it is, such as `["run", "dir", "lock"]`; that of `run/mod.rs` is `["run"]`.
    pub(crate) module: Segments,
    /// The items that are neither modules nor imports.
    pub(crate) definitions: Vec<String>,
    /// The types and traits that other files can see.
    pub(crate) public_types: Vec<String>,
    /// Every path that it names in code, tests left out. Paths within the crate begin with `crate`.
    pub(crate) paths: BTreeSet<Segments>,
    /// The modules that it declares for tests only.
    test_modules: Vec<Segments>,
    /// The names that it passes on (`pub use`), each with the path that it stands for.
    reexports: BTreeMap<String, Segments>,
}

/// All source files of the crate.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) sources: Vec<Source>,
    modules: BTreeMap<Segments, usize>,
}

impl Crate {
    /// The crate, read once.
    pub(crate) fn get() -> &'static Self {
        static CRATE: LazyLock<Crate> = LazyLock::new(Crate::read);
        &CRATE
    }

    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = files(&root);
        // The executables are a few lines around the library.
        let files =
            files.iter().filter(|file| !file.ends_with("main.rs") && !file.starts_with(root.join("bin")));
        let mut sources: Vec<_> = files.map(|file| Source::read(&root, file)).collect();
        let tests: Vec<Segments> = sources.iter().flat_map(|source| source.test_modules.clone()).collect();
        let is_test = |module: &Segments| tests.contains(module) || module.iter().any(|name| name == "tests");
        sources.retain(|source| !is_test(&source.module));
        let modules =
            sources.iter().enumerate().map(|(index, source)| (source.module.clone(), index)).collect();
        Self { sources, modules }
    }

    /// The file that defines what a path within the crate names, through any number of `pub use`.
    pub(crate) fn definition(&self, path: &[String]) -> Option<&Source> {
        let path = path.strip_prefix(&["crate".to_owned()])?;
        let depth = (0..=path.len()).rev().find(|&depth| self.modules.contains_key(&path[..depth]))?;
        let source = &self.sources[self.modules[&path[..depth]]];
        match path.get(depth).and_then(|name| source.reexports.get(name)) {
            Some(target) if target[0] == "crate" => self.definition(target).or(Some(source)),
            _ => Some(source),
        }
    }

    /// For each file the other files that it uses.
    pub(crate) fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let uses = |source: &'_ Source| {
            let used = source.paths.iter().filter_map(|path| self.definition(path));
            used.map(|used| used.path.as_str()).filter(|used| *used != source.path).collect()
        };
        // What `mod.rs` passes on is not what it uses.
        let files = self.sources.iter().filter(|source| !source.is_facade());
        files.map(|source| (source.path.as_str(), uses(source))).collect()
    }
}

impl Source {
    fn read(root: &Path, file: &Path) -> Self {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let mut module: Segments = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|name| name == "mod" || name == "lib") {
            module.pop();
        }
        let text = fs::read_to_string(file).unwrap();
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let test_module = |item: &Item| match item {
            Item::Mod(declared) if is_test(&declared.attrs) => {
                Some([module.clone(), vec![declared.ident.to_string()]].concat())
            }
            _ => None,
        };
        let test_modules = syntax.items.iter().filter_map(test_module).collect();
        let items: Vec<_> = syntax.items.into_iter().filter(|item| !is_test(attributes(item))).collect();
        let mut visitor =
            Visitor { module: module.clone(), paths: BTreeSet::new(), reexports: BTreeMap::new() };
        for item in &items {
            visitor.visit_item(item);
        }
        let Visitor { paths, reexports, .. } = visitor;
        let is_definition = |item: &&Item| match item {
            Item::Use(_) => false,
            Item::Mod(module) => module.content.is_some(),
            _ => true,
        };
        let describe =
            |item| name(item).map_or_else(|| "an impl, a function or a macro".to_owned(), |(name, _)| name);
        let definitions = items.iter().filter(is_definition).map(describe).collect();
        let named = items.iter().filter_map(name);
        let public_types = named.filter(|(_, is_visible)| *is_visible).map(|(name, _)| name).collect();
        Self { path, module, definitions, public_types, paths, test_modules, reexports }
    }

    /// Its layer, such as `run`; none for `lib.rs`.
    pub(crate) fn layer(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// Whether it is a `mod.rs` or `lib.rs`.
    pub(crate) fn is_facade(&self) -> bool {
        self.path.ends_with("mod.rs") || self.path == "lib.rs"
    }
}

/// The name of a type or trait, and whether other files can see it.
fn name(item: &Item) -> Option<(String, bool)> {
    let (name, visibility) = match item {
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        _ => return None,
    };
    Some((name.to_string(), !matches!(visibility, Visibility::Inherited)))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let is_cfg_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    };
    attributes.iter().any(is_cfg_test)
}

struct Visitor {
    module: Segments,
    paths: BTreeSet<Segments>,
    reexports: BTreeMap<String, Segments>,
}

impl Visitor {
    fn absolute(&self, path: &[String]) -> Segments {
        let supers = path.iter().take_while(|segment| *segment == "super").count();
        let rest = match path.first().map(String::as_str) {
            Some("super") => &path[supers..],
            Some("self") => &path[1..],
            _ => return path.to_vec(),
        };
        let parent = &self.module[..self.module.len().saturating_sub(supers)];
        ["crate".to_owned()].iter().chain(parent).chain(rest).cloned().collect()
    }

    fn take_use(&mut self, tree: &UseTree, prefix: &[String], is_public: bool) {
        let with = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        let (path, name) = match tree {
            UseTree::Path(path) => return self.take_use(&path.tree, &with(&path.ident), is_public),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.take_use(tree, prefix, is_public));
            }
            UseTree::Glob(_) => (prefix.to_vec(), None),
            UseTree::Name(name) if name.ident == "self" => (prefix.to_vec(), prefix.last().cloned()),
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
        };
        let mut path = self.absolute(&path);
        // A name without a root is a crate, or a module beside this file.
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(self.module.join("/"));
        let is_beside = |first: &str| {
            beside.join(format!("{first}.rs")).exists() || beside.join(first).join("mod.rs").exists()
        };
        if path.first().is_some_and(|first| first != "crate" && is_beside(first)) {
            path = ["crate".to_owned()].iter().chain(&self.module).chain(&path).cloned().collect();
        }
        if let (true, Some(name)) = (is_public, name) {
            self.reexports.insert(name, path.clone());
        }
        self.paths.insert(path);
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.take_use(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.paths.insert(self.absolute(&segments));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, macro_call: &'ast Macro) {
        if let Ok(arguments) = macro_call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            // Owned by this call: walked by a visitor of its own.
            let mut inner =
                Self { module: self.module.clone(), paths: BTreeSet::new(), reexports: BTreeMap::new() };
            arguments.iter().for_each(|argument| inner.visit_expr(argument));
            self.paths.append(&mut inner.paths);
        }
        visit::visit_macro(self, macro_call);
    }
}
