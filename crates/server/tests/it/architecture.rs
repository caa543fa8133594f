//! The arrows between the crates, and the one home of each framework.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which crates of ours a crate may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("auth-domain", &[]),
    ("auth-migrations", &["auth-domain"]),
    ("auth-application", &["auth-domain"]),
    ("auth-sql", &["auth-domain", "auth-migrations"]),
    ("auth-casbin", &["auth-domain"]),
    ("auth-crypto", &["auth-domain"]),
    ("auth-memory", &["auth-domain"]),
    ("auth-redis", &["auth-domain"]),
    ("auth-amqp", &["auth-domain"]),
    ("auth-smtp", &["auth-domain"]),
    ("auth-http-kit", &["auth-application", "auth-domain"]),
    (
        "auth-http",
        &["auth-application", "auth-domain", "auth-http-kit"],
    ),
    ("auth-worker-core", &["auth-application", "auth-domain"]),
    ("auth-config", &[]),
    ("auth-telemetry", &[]),
    ("auth-testkit", &["auth-domain", "auth-migrations"]),
    (
        "auth-microservice",
        &[
            "auth-amqp",
            "auth-application",
            "auth-casbin",
            "auth-config",
            "auth-crypto",
            "auth-domain",
            "auth-http",
            "auth-memory",
            "auth-migrations",
            "auth-redis",
            "auth-smtp",
            "auth-sql",
            "auth-telemetry",
            "auth-worker-core",
        ],
    ),
];

/// Which crates may name a framework.
const HOMES: &[(&str, &[&str])] = &[
    ("sea-orm", &["auth-sql", "auth-testkit"]),
    ("sea-orm-migration", &["auth-migrations", "auth-sql"]),
    (
        "actix-web",
        &["auth-http", "auth-http-kit", "auth-microservice"],
    ),
    ("casbin", &["auth-casbin"]),
    ("jsonwebtoken", &["auth-crypto"]),
    ("argon2", &["auth-crypto"]),
    ("fred", &["auth-redis"]),
    ("amqprs", &["auth-amqp"]),
    ("lettre", &["auth-smtp"]),
    ("utoipa", &["auth-http", "auth-http-kit"]),
    ("metrics-exporter-prometheus", &["auth-telemetry"]),
];

/// Every crate of ours with the names of its normal dependencies.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = crate::support::repository().join("Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .unwrap();
    let normal = |package: &cargo_metadata::Package| {
        let dependencies = package.dependencies.iter();
        dependencies
            .filter(|d| d.kind == DependencyKind::Normal)
            .map(|d| d.name.clone())
            .collect()
    };
    let packages = metadata.packages.iter();
    packages.map(|p| (p.name.to_string(), normal(p))).collect()
}

#[test]
fn every_arrow_between_our_crates_is_one_of_the_blueprint() {
    let edges = edges();
    let ours: BTreeSet<&String> = edges.keys().collect();
    assert!(ours.len() >= 12, "{ours:?}");
    for (from, to) in &edges {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(of, _)| of == from)
            .unwrap_or_else(|| panic!("{from} has no place in the blueprint"));
        for to in to.iter().filter(|to| ours.contains(to)) {
            assert!(
                allowed.contains(&to.as_str()),
                "{from} must not depend on {to}"
            );
        }
    }
}

#[test]
fn every_framework_stays_in_its_home() {
    for (from, to) in edges() {
        for (framework, homes) in HOMES {
            let at_home = homes.contains(&from.as_str());
            assert!(
                at_home || !to.contains(*framework),
                "{from} must not use {framework}"
            );
        }
    }
}

/// A macro whose level is silenced does not evaluate its arguments: what they
/// do is then not done.
#[test]
fn nothing_is_done_inside_the_arguments_of_a_log_macro() {
    const DOES: [&str; 8] = [
        ".await", "?;", ".next(", ".take(", ".pop(", ".push(", ".send(", ".fetch_",
    ];
    let mut seen = 0;
    for path in sources(&crate::support::repository().join("crates")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for level in [
            "trace", "debug", "info", "warn", "error", "event", "enabled",
        ] {
            for (at, _) in text.match_indices(&format!("tracing::{level}!(")) {
                let arguments = arguments(&text[at..]);
                let done = DOES.iter().find(|does| arguments.contains(**does));
                assert_eq!(done, None, "{}: {arguments}", path.display());
                seen += 1;
            }
        }
        let bare = ["use tracing::{", "use tracing::info", "use tracing::warn"];
        let imported = bare.iter().any(|import| text.contains(import));
        assert!(
            !imported,
            "{}: name the macro with its crate",
            path.display()
        );
    }
    assert!(seen > 20, "{seen}");
}

/// What stands in the first pair of parentheses.
fn arguments(text: &str) -> &str {
    let mut depth = 0;
    let end = text.find(|letter| {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => return false,
        };
        depth == 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// All source files of programs and libraries below a directory.
pub(crate) fn sources(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = all_sources(directory);
    found.retain(|path| path.iter().all(|part| part != "tests"));
    found
}

/// A page that says which test holds something must not outlive the test.
#[test]
fn the_tests_that_the_docs_name_are_there() {
    let root = crate::support::repository();
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let code: String = all_sources(&root.join("crates"))
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let word = |name: &&str| {
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let named = page
        .split('`')
        .filter(word)
        .filter(|name| name.matches('_').count() > 3);
    let mut seen = 0;
    for name in named {
        assert!(
            code.contains(&format!("fn {name}(")),
            "there is no test {name}"
        );
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

fn all_sources(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all_sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
