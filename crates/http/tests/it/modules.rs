//! The modules of the edge stand in layers: none imports one that imports it,
//! directly or by a way around.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which modules a module imports.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn sources(crate_name: &str) -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    crates.join(crate_name).join("src")
}

/// Every source file of a crate with the module that it belongs to: the first
/// part of its path.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(root).unwrap();
            let first = inside.iter().next().unwrap().to_str().unwrap();
            let module = first.trim_end_matches(".rs").to_owned();
            found.push((module, fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// The graph of a crate's modules. Names that the root re-exports count as
/// their module's; in macros, `$crate` is the crate itself.
fn graph(root: &Path) -> Graph {
    let files = files(root);
    let modules: BTreeSet<String> = files.iter().map(|(module, _)| module.clone()).collect();
    let exported = exports(&files);
    let mut graph = Graph::new();
    for (module, text) in &files {
        let imported = graph.entry(module.clone()).or_default();
        for name in named(text) {
            let target = exported.get(&name).unwrap_or(&name);
            if modules.contains(target) && target != module && target != "lib" {
                imported.insert(target.clone());
            }
        }
    }
    graph
}

/// What the root re-exports, by name: the module that it is from.
fn exports(files: &[(String, String)]) -> BTreeMap<String, String> {
    let root = files.iter().find(|(module, _)| module == "lib");
    let uses = root.unwrap().1.split("pub use ").skip(1);
    let mut exported = BTreeMap::new();
    for text in uses {
        let (path, _) = text.split_once(';').unwrap();
        let Some((module, names)) = path.split_once("::") else {
            continue;
        };
        for name in names.split(|c: char| !c.is_alphanumeric() && c != '_') {
            exported.insert(name.to_owned(), module.to_owned());
        }
    }
    exported
}

/// The first names behind `crate::`, in code.
fn named(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    let code = code.join("\n");
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let list = rest
            .strip_prefix('{')
            .and_then(|list| list.split_once("};"));
        let firsts = match list {
            Some((list, _)) => list.split(',').collect(),
            None => vec![rest],
        };
        for first in firsts {
            let name = first.trim_start();
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
            names.insert(name[..end.unwrap_or(name.len())].to_owned());
        }
    }
    names
}

/// A way from a module back to itself, if there is one.
fn cycle(graph: &Graph) -> Option<Vec<String>> {
    graph.keys().find_map(|start| {
        let mut ways = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            for next in graph.get(way.last()?).into_iter().flatten() {
                let further = [way.clone(), vec![next.clone()]].concat();
                if next == start {
                    return Some(further);
                }
                if seen.insert(next.clone()) {
                    ways.push(further);
                }
            }
        }
        None
    })
}

#[test]
fn no_modules_of_the_edge_import_each_other_in_a_circle() {
    for (name, least) in [("http-kit", 14), ("http", 8)] {
        let graph = graph(&sources(name));
        assert!(graph.len() >= least, "{name}: {graph:?}");
        let edges: usize = graph.values().map(BTreeSet::len).sum();
        assert!(edges >= 5, "{name}: {graph:?}");
        assert_eq!(cycle(&graph), None, "{name}");
    }
}

#[test]
fn a_circle_is_found_however_long_it_is() {
    let edges = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")];
    let mut graph = Graph::new();
    for (from, to) in edges {
        graph.entry(from.into()).or_default().insert(to.into());
    }
    let found = cycle(&graph).unwrap();
    assert_eq!(found, ["b", "c", "d", "b"]);
}

#[test]
fn the_kit_knows_no_context() {
    let contexts = graph(&sources("http")).into_keys();
    let contexts: Vec<String> = contexts.filter(|name| name != "lib").collect();
    let kit = graph(&sources("http-kit"));
    for context in contexts {
        assert!(!kit.contains_key(&context), "{context}");
    }
    for (module, text) in files(&sources("http-kit")) {
        assert!(!text.contains("auth_http::"), "{module}");
    }
}
