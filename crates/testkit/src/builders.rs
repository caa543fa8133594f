//! Values to write, where a test does not care which.

use auth_domain::caller::{Actor, ActorKind, Origin};
use auth_domain::clock::Timestamp;
use auth_domain::events::{ClaimedEvent, Event, EventId, OrganizationUpdated};
use auth_domain::identity::{Account, NewSession, PasswordHash, SealedToken, TokenDigest};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::organizations::{LicenseStatus, NewOrganization, OrganizationKind};
use auth_domain::rbac::{NewRole, PolicyRevision};
use auth_domain::text::{OrganizationName, PersonName, RoleName, Username};
use auth_domain::users::{Contact, EmailAddress, NewUser, PersonalData, User, UserStatus};
use chrono::{TimeDelta, TimeZone as _, Utc};
use uuid::Uuid;

/// An instant so many seconds after the start of 2026.
pub fn at(seconds: i64) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub fn organization(name: &str) -> NewOrganization {
    NewOrganization {
        name: OrganizationName::parse(name).unwrap(),
        license_status: LicenseStatus::Active,
        created_at: at(0),
    }
}

/// A user `name` with the address `name@example.com` and the hash `hash`.
pub fn user(organization_id: OrganizationId, name: &str) -> NewUser {
    NewUser {
        organization_id,
        username: Username::parse(name).unwrap(),
        password_hash: Some(PasswordHash::new("hash".to_owned())),
        person: PersonalData {
            first_name: PersonName::parse("Ana").unwrap(),
            middle_name: None,
            last_name: None,
            date_of_birth: None,
            gender: None,
            nationality: None,
        },
        contact: contact(&format!("{name}@example.com")),
        self_registered: false,
        created_at: at(0),
    }
}

pub fn contact(email: &str) -> Contact {
    Contact {
        email: EmailAddress::parse(email).unwrap(),
        phone_number: None,
        emergency_number: None,
        address: None,
        street_address: None,
        city: None,
        state: None,
        zip_code: None,
        country: None,
    }
}

pub fn role(organization_id: OrganizationId, name: &str) -> NewRole {
    NewRole {
        organization_id,
        name: RoleName::parse(name).unwrap(),
        description: None,
        system: None,
        created_at: at(0),
    }
}

/// A session of an hour, from second 0, with the token digest of `token`.
pub fn session(user: &User, token: u8) -> NewSession {
    NewSession {
        user_id: user.id,
        organization_id: user.organization_id,
        issued_at: at(0),
        refresh_digest: Some(digest(token)),
        expires_at: at(3600),
        absolute_expires_at: at(7200),
        origin: Origin::default(),
    }
}

pub fn digest(token: u8) -> TokenDigest {
    TokenDigest::from_bytes([token; 32])
}

pub fn sealed(token: u8) -> SealedToken {
    SealedToken(vec![token; 80])
}

/// A signed-in user as an actor, from `192.0.2.1` under request id `request`.
pub fn actor(user: &User) -> Actor {
    Actor {
        kind: ActorKind::User,
        name: None,
        user: Some((user.organization_id, user.id)),
        ip: Some([192, 0, 2, 1].into()),
        request_id: Some("request".to_owned()),
    }
}

/// The account of user 1, `ana`, of the tenant 1.
pub fn account() -> Account {
    Account {
        user_id: UserId::new(1).unwrap(),
        organization_id: OrganizationId::DEFAULT,
        organization_kind: OrganizationKind::Tenant,
        license_status: LicenseStatus::Active,
        policy_revision: PolicyRevision::new(1),
        username: Username::parse("ana").unwrap(),
        first_name: PersonName::parse("Ana").unwrap(),
        last_name: None,
        email: EmailAddress::parse("ana@example.com").unwrap(),
        email_verified_at: None,
        status: UserStatus::Active,
    }
}

/// An event about an organization, with an id of its own.
pub fn event(of: OrganizationId, actor: &Actor) -> Event {
    let happened = OrganizationUpdated {
        actor_id: actor.user_id(),
        organization_id: of,
        license_status: LicenseStatus::Active,
    };
    Event::new(EventId(Uuid::now_v7()), &happened, of, actor, at(0))
}

/// A claim of the event of that number.
pub fn claimed(sequence: i64) -> ClaimedEvent {
    let organization = account().organization_id;
    ClaimedEvent {
        event: event(organization, &Actor::system("test")),
        sequence,
        failures: 0,
        claimed_at: at(0),
    }
}
