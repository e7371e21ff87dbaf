//! The structure of the crate: which layer may use which, no import cycles between files, no public type name twice.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail")]

mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::Crate;

/// Each layer with the layers that it may use, from the bottom up.
const MAY_USE: &[(&str, &[&str])] = &[
    ("strings", &[]),
    ("metrics", &["strings"]),
    ("data", &["strings"]),
    ("nn", &[]),
    ("run", &["metrics", "strings"]),
    ("train", &["data", "nn", "run"]),
    ("app", &["run", "metrics"]),
    ("ui", &["app", "run", "metrics", "strings"]),
    ("shell", &["ui", "app", "train", "nn", "data", "run", "metrics"]),
    ("cli", &["shell", "ui", "app", "nn", "data", "run", "metrics", "strings"]),
];

/// Within `run`, each folder with the folders that it may use, from the bottom up.
const RUN_FOLDERS: &[(&str, &[&str])] = &[
    ("disk", &[]),
    ("settings", &["disk"]),
    ("protocol", &["disk", "settings"]),
    ("dir", &["disk", "settings", "protocol"]),
    ("store", &["disk", "settings", "protocol", "dir"]),
    ("query", &["disk", "settings", "protocol", "dir", "store"]),
    ("export", &["disk", "settings", "protocol", "dir", "store"]),
];

/// Libraries that only some layers know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("dfdx", &["nn"]),
    ("ratatui", &["ui", "shell"]),
    ("crossterm", &["shell"]),
    ("tokio", &["shell"]),
    ("ureq", &["data"]),
    ("indicatif", &["cli"]),
    ("clap", &["cli"]),
];

/// Layers without I/O, threads and clocks.
const PURE: &[&str] = &["metrics", "app", "ui"];
/// Paths that they must not use.
const IMPURE: &[&str] =
    &["std::fs", "std::thread", "std::process", "std::env", "std::time::SystemTime", "std::time::Instant"];

/// Public type names that are defined more than once, each with the reason.
const SAME_NAME: &[(&str, &str)] = &[];

/// Files that use each other because they are one idea, each with the reason.
const ONE_IDEA: &[(&[&str], &str)] = &[(
    &[
        "nn/ops/conv_block/backward.rs",
        "nn/ops/conv_block/forward.rs",
        "nn/ops/conv_block/geometry.rs",
        "nn/ops/conv_block/workspace.rs",
    ],
    "the two halves of one kernel, with the buffers that they share",
)];

#[test]
fn no_layer_uses_one_above_it() {
    for source in &Crate::get().sources {
        let Some(layer) = source.layer() else { continue };
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| *name == layer).unwrap();
        for path in source.paths.iter().filter(|path| path[0] == "crate" && path.len() > 1) {
            let used = path[1].as_str();
            let is_layer = MAY_USE.iter().any(|(name, _)| *name == used);
            assert!(
                !is_layer || used == layer || allowed.contains(&used),
                "{}: {layer} must not use {}",
                source.path,
                path.join("::")
            );
        }
    }
}

#[test]
fn no_folder_of_run_uses_one_above_it() {
    let sources = Crate::get();
    for (file, used) in sources.imports() {
        let folder = |file: &str| Some(file.strip_prefix("run/")?.split_once('/')?.0.to_owned());
        let Some(from) = folder(file) else { continue };
        let (_, allowed) = RUN_FOLDERS.iter().find(|(name, _)| *name == from).unwrap();
        for to in used.into_iter().filter_map(folder) {
            assert!(to == from || allowed.contains(&to.as_str()), "{file}: run/{from} must not use run/{to}");
        }
    }
}

#[test]
fn libraries_stay_in_their_layers() {
    for source in &Crate::get().sources {
        let Some(layer) = source.layer() else { continue };
        for (library, layers) in ONLY_IN {
            let used = source.paths.iter().find(|path| path[0] == *library);
            if let Some(path) = used.filter(|_| !layers.contains(&layer)) {
                panic!("{}: {layer} must not use {}", source.path, path.join("::"));
            }
        }
    }
}

#[test]
fn pure_layers_do_no_input_or_output() {
    for source in &Crate::get().sources {
        if !source.layer().is_some_and(|layer| PURE.contains(&layer)) {
            continue;
        }
        for path in &source.paths {
            let path = path.join("::");
            let impure =
                IMPURE.iter().find(|impure| path == **impure || path.starts_with(&format!("{impure}::")));
            assert!(impure.is_none(), "{} must not use {path}", source.path);
        }
    }
}

#[test]
fn only_themes_name_colours() {
    for source in &Crate::get().sources {
        let may = source.path.starts_with("ui/theme/") || source.path == "ui/color.rs";
        let named = source.paths.iter().find(|path| {
            let place = path.iter().position(|segment| segment == "Color");
            place.is_some_and(|place| place + 1 < path.len())
        });
        if let Some(path) = named.filter(|_| !may) {
            panic!("{}: {} belongs to ui/theme", source.path, path.join("::"));
        }
    }
}

#[test]
fn the_app_names_runs_by_id_not_by_directory() {
    for source in Crate::get().sources.iter().filter(|source| source.layer() == Some("app")) {
        let dir = source.paths.iter().find(|path| path.iter().any(|segment| segment == "RunDir"));
        assert!(dir.is_none(), "{} must name runs by RunId", source.path);
    }
}

#[test]
fn no_two_files_use_each_other() {
    let sources = Crate::get();
    let imports = sources.imports();
    let cycles = cycles(&imports);
    let unexplained: Vec<_> = cycles
        .iter()
        .filter(|cycle| !ONE_IDEA.iter().any(|(files, _)| cycle.iter().all(|file| files.contains(file))))
        .collect();
    assert!(unexplained.is_empty(), "files that use each other: {unexplained:#?}");
}

/// The sets of files each of which uses, over any number of others, all of the set.
fn cycles<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<BTreeSet<&'a str>> {
    let reachable = |from: &'a str| {
        let mut seen = BTreeSet::new();
        let mut left = vec![from];
        while let Some(file) = left.pop() {
            for next in imports.get(file).into_iter().flatten() {
                if seen.insert(*next) {
                    left.push(next);
                }
            }
        }
        seen
    };
    let reach: BTreeMap<_, _> = imports.keys().map(|file| (*file, reachable(file))).collect();
    let cycle = |file: &'a str| {
        let back = reach[file].iter().copied();
        back.filter(|other| reach.get(other).is_some_and(|seen| seen.contains(file))).collect::<BTreeSet<_>>()
    };
    imports.keys().map(|file| cycle(file)).filter(|cycle| !cycle.is_empty()).collect()
}

#[test]
fn no_public_type_name_is_defined_twice() {
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in &Crate::get().sources {
        for name in &source.public_types {
            defined.entry(name.clone()).or_default().push(source.path.clone());
        }
    }
    defined.retain(|name, files| files.len() > 1 && !SAME_NAME.iter().any(|(same, _)| same == name));
    assert!(defined.is_empty(), "give these other names, or a reason in SAME_NAME: {defined:#?}");
}

#[test]
fn mod_rs_holds_docs_and_reexports_only() {
    let facades = Crate::get().sources.iter().filter(|source| source.is_facade());
    let full: BTreeMap<_, _> = facades
        .filter(|source| !source.definitions.is_empty())
        .map(|source| (&source.path, &source.definitions))
        .collect();
    assert!(full.is_empty(), "move these to files of their own: {full:#?}");
}
