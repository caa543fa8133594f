//! Which system role reaches which route: a table that is reviewed as a diff.

use std::fmt::Write as _;

use auth_domain::rbac::{Permission, SystemRole};
use auth_http::{ManifestEntry, route_manifest};

/// What each system role gets at a route by the permission alone. `own`: about
/// its own organization; `all`: about every one, because the role has every
/// permission of the platform too.
fn reach(role: SystemRole, entry: &ManifestEntry) -> &'static str {
    let needed = entry.access.permissions();
    if needed.is_empty() {
        return "-";
    }
    let holds = |name: &&str| role.permissions().any(|held| held.name() == *name);
    let holds_all = needed.iter().all(holds);
    match (holds_all, role) {
        (false, _) => "no",
        (true, SystemRole::SuperAdmin) => "all",
        (true, SystemRole::OrganizationAdmin | SystemRole::Member) => "own",
    }
}

#[test]
fn roles_and_routes_are_reviewed_as_a_diff() {
    let mut lines = Vec::new();
    for entry in route_manifest() {
        if entry.access.permissions().is_empty() {
            continue;
        }
        let mut line = format!("{} {} = {}:", entry.method, entry.path, entry.access);
        for role in SystemRole::ALL {
            write!(line, " {}={}", role.as_str(), reach(*role, &entry)).unwrap();
        }
        lines.push(line);
    }
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn roles_and_permissions_are_reviewed_as_a_diff() {
    let mut lines = Vec::new();
    for permission in Permission::ALL {
        let holders: Vec<&str> = SystemRole::ALL
            .iter()
            .filter(|role| role.permissions().any(|held| held == *permission))
            .map(|role| role.as_str())
            .collect();
        lines.push(format!("{}: {}", permission.name(), holders.join(", ")));
    }
    insta::assert_snapshot!(lines.join("\n"));
}
