//! The compiled policy of one organization at one revision.
//!
//! Immutable once built; a check is two or three lookups whose cost grows with
//! neither grants nor users. Adapters build it from Casbin's policy.

use std::collections::HashMap;
use std::sync::Arc;

use super::{PermissionName, PolicyRevision};
use crate::ids::{OrganizationId, RoleId, UserId};

/// The decisions of one organization.
#[derive(Debug, Clone)]
pub struct PolicySnapshot {
    organization_id: OrganizationId,
    revision: PolicyRevision,
    organization_active: bool,
    /// The permissions that some role has, and their number.
    permissions: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
    roles: Vec<CompiledRole>,
    users: HashMap<UserId, CompiledUser>,
    /// The role lists of all users, one after the other: numbers of `roles`.
    assignments: Vec<u32>,
}

#[derive(Debug, Clone)]
struct CompiledRole {
    id: RoleId,
    permissions: GrantSet,
}

#[derive(Debug, Clone, Copy)]
struct CompiledUser {
    active: bool,
    /// Where the user's roles begin and end in the assignments.
    first: u32,
    end: u32,
}

impl PolicySnapshot {
    /// The organization.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }

    /// The revision.
    pub fn revision(&self) -> PolicyRevision {
        self.revision
    }

    /// Whether a user may do something in the organization. Unknown users,
    /// roles and permissions, inactive users and a suspended organization:
    /// no.
    pub fn check(&self, user: UserId, permission: &str) -> bool {
        let Some(&number) = self.permissions.get(permission) else {
            return false;
        };
        self.active_roles(user)
            .any(|role| role.permissions.contains(number))
    }

    /// Everything that a user may do in the organization, sorted, each once.
    pub fn permissions_of(&self, user: UserId) -> Vec<&str> {
        let mut union = vec![0; self.names.len().div_ceil(64)];
        for role in self.active_roles(user) {
            role.permissions.unite_into(&mut union);
        }
        let mut names: Vec<&str> = numbers_in(&union)
            .filter_map(|number| self.names.get(number as usize))
            .map(AsRef::as_ref)
            .collect();
        names.sort_unstable();
        names
    }

    /// The roles of a user, the oldest assignment first, whether or not the
    /// user may act.
    pub fn roles_of(&self, user: UserId) -> Vec<RoleId> {
        self.users.get(&user).map_or_else(Vec::new, |&compiled| {
            self.roles_in(compiled).map(|role| role.id).collect()
        })
    }

    /// How many users the organization has; for metrics.
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    fn active_roles(&self, user: UserId) -> impl Iterator<Item = &CompiledRole> {
        self.users
            .get(&user)
            .filter(|compiled| self.organization_active && compiled.active)
            .into_iter()
            .flat_map(|&compiled| self.roles_in(compiled))
    }

    fn roles_in(&self, user: CompiledUser) -> impl Iterator<Item = &CompiledRole> {
        self.assignments
            .get(user.first as usize..user.end as usize)
            .unwrap_or_default()
            .iter()
            .filter_map(|&number| self.roles.get(number as usize))
    }
}

/// Builds a [`PolicySnapshot`].
#[derive(Debug)]
pub struct SnapshotBuilder {
    snapshot: PolicySnapshot,
    role_numbers: HashMap<RoleId, u32>,
    /// What each role is granted, by its number; may hold one twice.
    grants: Vec<(RoleId, Vec<u32>)>,
}

impl SnapshotBuilder {
    /// An empty policy, which allows nothing.
    pub fn new(
        organization_id: OrganizationId,
        revision: PolicyRevision,
        organization_active: bool,
    ) -> Self {
        Self {
            snapshot: PolicySnapshot {
                organization_id,
                revision,
                organization_active,
                permissions: HashMap::new(),
                names: Vec::new(),
                roles: Vec::new(),
                users: HashMap::new(),
                assignments: Vec::new(),
            },
            role_numbers: HashMap::new(),
            grants: Vec::new(),
        }
    }

    /// Grants a permission to a role. Twice is once.
    pub fn grant(&mut self, role: RoleId, permission: &PermissionName) {
        let permission = self.permission(permission.as_str());
        let role = self.role(role);
        if let Some((_, granted)) = self.grants.get_mut(role as usize) {
            granted.push(permission);
        }
    }

    /// Adds a user with roles, the oldest assignment first.
    pub fn user(&mut self, user: UserId, active: bool, roles: &[RoleId]) {
        let first = number_of(self.snapshot.assignments.len());
        for &role in roles {
            let role = self.role(role);
            self.snapshot.assignments.push(role);
        }
        let end = number_of(self.snapshot.assignments.len());
        let compiled = CompiledUser { active, first, end };
        self.snapshot.users.insert(user, compiled);
    }

    /// The finished snapshot.
    pub fn build(self) -> PolicySnapshot {
        let mut snapshot = self.snapshot;
        let roles = self.grants.into_iter().map(|(id, granted)| CompiledRole {
            id,
            permissions: GrantSet::new(granted),
        });
        snapshot.roles = roles.collect();
        snapshot.names.shrink_to_fit();
        snapshot.assignments.shrink_to_fit();
        snapshot
    }

    fn permission(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.snapshot.permissions.get(name) {
            return number;
        }
        let number = number_of(self.snapshot.names.len());
        let name: Arc<str> = name.into();
        self.snapshot.names.push(Arc::clone(&name));
        self.snapshot.permissions.insert(name, number);
        number
    }

    fn role(&mut self, id: RoleId) -> u32 {
        let next = number_of(self.grants.len());
        let number = *self.role_numbers.entry(id).or_insert(next);
        if number == next {
            self.grants.push((id, Vec::new()));
        }
        number
    }
}

/// Four thousand million roles or permissions of one organization do not fit
/// into memory anyway; past that, new ones share the last number and are never
/// found, which denies.
fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The permissions of one role, by number.
///
/// A role with few of very many permissions is a list, so that the memory of a
/// snapshot grows with its grants and never with roles times permissions.
#[derive(Debug, Clone)]
enum GrantSet {
    /// A bit per permission, up to the last one granted.
    Bits(Box<[u64]>),
    /// The numbers, ascending.
    List(Box<[u32]>),
}

impl GrantSet {
    fn new(mut numbers: Vec<u32>) -> Self {
        numbers.sort_unstable();
        numbers.dedup();
        let words = numbers.last().map_or(0, |&last| last as usize / 64 + 1);
        if words > numbers.len() {
            return Self::List(numbers.into());
        }
        let mut bits = vec![0; words].into_boxed_slice();
        for number in numbers {
            set(&mut bits, number);
        }
        Self::Bits(bits)
    }

    fn contains(&self, number: u32) -> bool {
        match self {
            Self::Bits(bits) => {
                let word = bits.get(number as usize / 64);
                word.is_some_and(|word| word & (1 << (number % 64)) != 0)
            }
            Self::List(numbers) => numbers.binary_search(&number).is_ok(),
        }
    }

    fn unite_into(&self, union: &mut [u64]) {
        match self {
            Self::Bits(bits) => {
                for (all, mine) in union.iter_mut().zip(bits) {
                    *all |= mine;
                }
            }
            Self::List(numbers) => numbers.iter().for_each(|&number| set(union, number)),
        }
    }
}

fn set(bits: &mut [u64], number: u32) {
    if let Some(word) = bits.get_mut(number as usize / 64) {
        *word |= 1 << (number % 64);
    }
}

fn numbers_in(bits: &[u64]) -> impl Iterator<Item = u32> {
    (0u32..).zip(bits).flat_map(|(word, &bits)| {
        (0..64u32)
            .filter(move |bit| bits & (1 << bit) != 0)
            .map(move |bit| word * 64 + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_with_few_of_many_permissions_decides_like_one_with_all() {
        let (all, few) = (RoleId::new(1).unwrap(), RoleId::new(2).unwrap());
        let (admin, member) = (UserId::new(1).unwrap(), UserId::new(2).unwrap());
        let name = |number: u32| PermissionName::parse(&format!("p{number:04}")).unwrap();
        let mut builder =
            SnapshotBuilder::new(OrganizationId::DEFAULT, PolicyRevision::new(1), true);
        for number in 0..1_000 {
            builder.grant(all, &name(number));
        }
        for number in [999, 3, 640, 3] {
            builder.grant(few, &name(number));
        }
        builder.user(admin, true, &[few, all]);
        builder.user(member, true, &[few]);
        let snapshot = builder.build();

        assert!(matches!(snapshot.roles[0].permissions, GrantSet::Bits(_)));
        assert!(matches!(snapshot.roles[1].permissions, GrantSet::List(_)));
        for number in 0..1_000 {
            let permission = name(number);
            assert!(snapshot.check(admin, permission.as_str()));
            let allowed = [3, 640, 999].contains(&number);
            assert_eq!(snapshot.check(member, permission.as_str()), allowed);
        }
        assert_eq!(snapshot.permissions_of(member), ["p0003", "p0640", "p0999"]);
        assert_eq!(snapshot.permissions_of(admin).len(), 1_000);
        assert_eq!(snapshot.roles_of(admin), [few, all]);
    }

    #[test]
    fn a_role_with_most_permissions_does_not_have_the_others() {
        let (most, rest) = (RoleId::new(1).unwrap(), RoleId::new(2).unwrap());
        let user = UserId::new(1).unwrap();
        let name = |number: u32| PermissionName::parse(&format!("p{number}")).unwrap();
        let revision = PolicyRevision::new(42);
        let mut builder = SnapshotBuilder::new(OrganizationId::DEFAULT, revision, true);
        for number in 0..100 {
            let role = if number % 3 == 0 { rest } else { most };
            builder.grant(role, &name(number));
        }
        builder.user(user, true, &[most]);
        let snapshot = builder.build();
        assert!(matches!(snapshot.roles[0].permissions, GrantSet::Bits(_)));
        for number in 0..100 {
            let allowed = snapshot.check(user, name(number).as_str());
            assert_eq!(allowed, number % 3 != 0, "{number}");
        }
        assert_eq!(snapshot.revision(), revision);
        assert_eq!(snapshot.organization_id(), OrganizationId::DEFAULT);
    }
}
