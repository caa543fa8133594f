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
