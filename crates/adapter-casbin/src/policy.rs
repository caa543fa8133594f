//! The rows of an organization as Casbin policy: RBAC with domains, exact
//! names, subjects `user:7` and `role:3`, domain `org:1`, action `access`.
//!
//! Rules are built as values, never as text to parse, so a name may hold any
//! character.

use std::collections::HashMap;
use std::mem;

use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::rbac::{PermissionName, PolicyRows, PolicySnapshot, SnapshotBuilder};
use casbin::{CoreApi, DefaultModel, Enforcer, Model};

/// The one action; what is done is part of the permission's name.
const ACCESS: &str = "access";
const ROLE_PREFIX: &str = "role:";

/// How many rules are held as Casbin's strings at a time while compiling: a
/// rule takes about 300 bytes there and a few bits in the snapshot.
const RULES_AT_ONCE: usize = 4_096;

/// Compiles an organization's policy into a snapshot.
///
/// The grants go through a Casbin model; each rule that its matcher could
/// accept for this organization becomes a grant of the snapshot. Roles of
/// users stay the lists that they are.
///
/// Runs for about a second per million grants: not on an executor's thread.
pub fn compile(rows: &PolicyRows) -> PolicySnapshot {
    let domain = domain(rows.organization_id);
    let mut snapshot = SnapshotBuilder::new(
        rows.organization_id,
        rows.revision,
        rows.organization_active,
    );
    let mut model = model();
    let mut rules = grant_rules(rows).peekable();
    while rules.peek().is_some() {
        for rule in rules.by_ref().take(RULES_AT_ONCE) {
            model.add_policy("p", "p", rule);
        }
        for (role, permission) in take_rules(&mut model).filter_map(|rule| granted(rule, &domain)) {
            snapshot.grant(role, &permission);
        }
    }
    for user in &rows.users {
        snapshot.user(user.id, user.active, &user.roles);
    }
    snapshot.build()
}

/// The same policy as a Casbin enforcer: grants as `p`, roles of users that
/// may act as `g`. Inactive users, and all users of a suspended organization,
/// hold no role there.
///
/// For explanations and as the oracle of tests; a call of `enforce` scans
/// every rule. [`request`] makes its argument.
pub async fn enforcer(rows: &PolicyRows) -> casbin::Result<Enforcer> {
    let mut enforcer = Enforcer::new(model(), ()).await?;
    let model = enforcer.get_mut_model();
    for rule in grant_rules(rows) {
        model.add_policy("p", "p", rule);
    }
    for rule in role_rules(rows) {
        model.add_policy("g", "g", rule);
    }
    enforcer.build_role_links()?;
    Ok(enforcer)
}

/// Subject, object, domain and action of a request.
pub type Request = (String, String, String, &'static str);

/// The request that asks an [`enforcer`] whether a user has a permission.
pub fn request(organization: OrganizationId, user: UserId, permission: &str) -> Request {
    let subject = user_subject(user);
    (subject, permission.to_owned(), domain(organization), ACCESS)
}

fn model() -> DefaultModel {
    let mut model = DefaultModel::default();
    model.add_def("r", "r", "sub, obj, dom, act");
    model.add_def("p", "p", "sub, obj, dom, act");
    model.add_def("g", "g", "_, _, _");
    model.add_def("e", "e", "some(where (p.eft == allow))");
    model.add_def(
        "m",
        "m",
        "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act",
    );
    model
}

fn grant_rules(rows: &PolicyRows) -> impl Iterator<Item = Vec<String>> {
    let domain = domain(rows.organization_id);
    let names: HashMap<PermissionId, &PermissionName> = rows
        .permissions
        .iter()
        .map(|(id, name)| (*id, name))
        .collect();
    rows.grants.iter().filter_map(move |(role, permission)| {
        let object = names.get(permission)?.as_str().to_owned();
        let subject = role_subject(*role);
        Some(vec![subject, object, domain.clone(), ACCESS.to_owned()])
    })
}

fn role_rules(rows: &PolicyRows) -> impl Iterator<Item = Vec<String>> {
    let domain = domain(rows.organization_id);
    let users = rows.users.iter();
    users
        .filter(|user| rows.organization_active && user.active)
        .flat_map(|user| user.roles.iter().map(|&role| (user.id, role)))
        .map(move |(user, role)| vec![user_subject(user), role_subject(role), domain.clone()])
}

/// The `p` rules of a model, which is left without any.
fn take_rules(model: &mut DefaultModel) -> impl Iterator<Item = Vec<String>> {
    let assertion = model.get_mut_model().get_mut("p");
    let assertion = assertion.and_then(|assertions| assertions.get_mut("p"));
    let rules = assertion.map(|assertion| mem::take(assertion.get_mut_policy()));
    rules.into_iter().flatten()
}

/// What a rule grants in a domain; `None`: nothing, as no request about the
/// domain can match it.
fn granted(rule: Vec<String>, in_domain: &str) -> Option<(RoleId, PermissionName)> {
    let [subject, object, domain, action] = <[String; 4]>::try_from(rule).ok()?;
    if domain != in_domain || action != ACCESS {
        return None;
    }
    let number: i64 = subject.strip_prefix(ROLE_PREFIX)?.parse().ok()?;
    let holder = RoleId::new(number).ok()?;
    Some((holder, PermissionName::from_stored(object)))
}

fn user_subject(user: UserId) -> String {
    format!("user:{user}")
}

pub(crate) fn role_subject(role: RoleId) -> String {
    format!("{ROLE_PREFIX}{role}")
}

fn domain(organization: OrganizationId) -> String {
    format!("org:{organization}")
}

#[cfg(test)]
mod tests {
    use super::{ACCESS, granted};

    /// What a rule for `doc.read` grants in the domain `org:1`.
    fn grants(subject: &str, domain: &str, action: &str) -> Option<i64> {
        let rule = [subject, "doc.read", domain, action].map(str::to_owned);
        let (role, name) = granted(rule.to_vec(), "org:1")?;
        assert_eq!(name.as_str(), "doc.read");
        Some(role.get())
    }

    #[test]
    fn a_rule_grants_to_its_role() {
        assert_eq!(grants("role:3", "org:1", ACCESS), Some(3));
    }

    #[test]
    fn a_rule_of_another_domain_action_or_kind_of_subject_grants_nothing() {
        assert_eq!(grants("role:3", "org:2", ACCESS), None);
        assert_eq!(grants("role:3", "org:1", "delete"), None);
        assert_eq!(grants("user:3", "org:1", ACCESS), None);
        assert_eq!(grants("role:0x3", "org:1", ACCESS), None);
        assert_eq!(granted(vec!["role:3".to_owned()], "org:1"), None);
    }
}
