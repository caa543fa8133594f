//! Values that a test does not care about.

use std::collections::HashSet;

use auth_domain::clock::Timestamp;
use auth_domain::identity::{Account, Admission, Authority, SessionFacts};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, Organization, OrganizationKind, SignUpPolicy};
use auth_domain::rbac::rules::AdminFacts;
use auth_domain::rbac::{Permission, PermissionName, PolicyRevision};
use auth_domain::text::{OrganizationName, PersonName, Username};
use auth_domain::users::{
    EmailAddress, PersonalData, User, UserStatus, UserWithRights, UserWithRoles,
};

/// An instant so many seconds after 2026 began.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

pub(crate) fn organization_id(id: i64) -> OrganizationId {
    OrganizationId::new(id).unwrap()
}

pub(crate) fn user_id(id: i64) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn role_id(id: i64) -> RoleId {
    RoleId::new(id).unwrap()
}

/// The account of user 1, `ana`, of tenant 1.
pub(crate) fn account() -> Account {
    Account {
        user_id: user_id(1),
        organization_id: organization_id(1),
        organization_kind: OrganizationKind::Tenant,
        license_status: LicenseStatus::Active,
        policy_revision: PolicyRevision::new(1),
        username: Username::parse("ana").unwrap(),
        first_name: PersonName::parse("Anna").unwrap(),
        last_name: Some(PersonName::parse("Lund").unwrap()),
        email: EmailAddress::parse("a.lund@example.com").unwrap(),
        email_verified_at: None,
        status: UserStatus::Active,
    }
}

/// A session of that account, from second 0 to 100, to 200 if it is refreshed.
pub(crate) fn admission() -> Admission {
    Admission {
        session: SessionFacts {
            id: SessionId::new(9).unwrap(),
            issued_at: at(0),
            expires_at: at(100),
            absolute_expires_at: at(200),
            revoked_at: None,
        },
        account: account(),
    }
}

/// The same user, with permissions.
pub(crate) fn authority(permissions: impl IntoIterator<Item = Permission>) -> Authority {
    let permissions: HashSet<PermissionName> =
        permissions.into_iter().map(PermissionName::from).collect();
    Authority {
        account: account(),
        role_ids: vec![role_id(1)],
        permissions,
    }
}

pub(crate) fn organization(id: i64, kind: OrganizationKind) -> Organization {
    Organization {
        id: organization_id(id),
        name: OrganizationName::parse("Acme").unwrap(),
        kind,
        owner_id: None,
        license_status: LicenseStatus::Active,
        sign_up: SignUpPolicy::default(),
        policy_revision: PolicyRevision::new(1),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// An active user, number 2, with roles and what they grant.
pub(crate) fn user(roles: &[i64], permissions: &[Permission]) -> UserWithRights {
    let user = User {
        id: user_id(2),
        organization_id: organization_id(1),
        username: Username::parse("bea").unwrap(),
        person: PersonalData {
            first_name: PersonName::parse("Bea").unwrap(),
            middle_name: None,
            last_name: None,
            date_of_birth: None,
            gender: None,
            nationality: None,
        },
        email: EmailAddress::parse("bea@example.com").unwrap(),
        email_verified_at: None,
        status: UserStatus::Active,
        last_login: None,
        created_at: at(0),
        updated_at: at(0),
    };
    UserWithRights {
        user: UserWithRoles {
            user,
            role_ids: roles.iter().copied().map(role_id).collect(),
        },
        permissions: permissions
            .iter()
            .copied()
            .map(PermissionName::from)
            .collect(),
        admins: AdminFacts {
            role: None,
            has_other_active_holder: false,
        },
    }
}
