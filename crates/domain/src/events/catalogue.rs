//! The closed list of events, each declared once.
//!
//! The types keep the names of the service that came before; payload fields
//! that it had are there, and clients may rely on them.

use std::net::IpAddr;

use super::{Aggregate, AggregateKind, DomainEvent, EventField, Exchange, FieldDoc};
use crate::facts::Facts;
use crate::identity::TokenDigest;
use crate::ids::{AlertId, OrganizationId, PermissionId, RoleId, SessionId, UserId};
use crate::organizations::LicenseStatus;
use crate::rbac::PermissionName;
use crate::security::AlertType;
use crate::text::RoleName;

macro_rules! events {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $word:literal on $exchange:ident about $kind:ident($of:ident) {
            $($(#[doc = $fdoc:literal])+ $field:ident: $type:ty,)+
        }
    )+) => {
        /// The type of an event: its routing key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventType {
            $($(#[doc = $doc])+ $name,)+
        }

        impl EventType {
            /// Every type, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The routing key.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The type of a routing key; `None`: it is none of this version.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }

            /// Where it is published.
            pub const fn exchange(self) -> Exchange {
                match self { $(Self::$name => Exchange::$exchange,)+ }
            }

            /// The kind of thing that it is about.
            pub const fn aggregate_kind(self) -> AggregateKind {
                match self { $(Self::$name => AggregateKind::$kind,)+ }
            }

            /// What happened, for a reader.
            pub fn description(self) -> String {
                let text = match self { $(Self::$name => concat!($($doc),+),)+ };
                text.trim().to_owned()
            }

            /// The fields of its payload.
            pub fn fields(self) -> Vec<FieldDoc> {
                match self {
                    $(Self::$name => vec![$(FieldDoc {
                        name: stringify!($field),
                        description: concat!($($fdoc),+).trim(),
                        kind: <$type as EventField>::KIND,
                        nullable: <$type as EventField>::NULLABLE,
                        example: <$type as EventField>::example(),
                    },)+],)+
                }
            }
        }

        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name {
                $($(#[doc = $fdoc])+ pub $field: $type,)+
            }

            impl DomainEvent for $name {
                const TYPE: EventType = EventType::$name;

                fn aggregate(&self) -> Aggregate {
                    self.$of.into()
                }

                fn payload(&self) -> Facts {
                    Facts::new()$(.with(stringify!($field), self.$field.to_fact()))+
                }

                fn from_payload(payload: &Facts) -> Option<Self> {
                    Some(Self {
                        $($field: <$type>::from_fact(payload.get(stringify!($field))?)?,)+
                    })
                }
            }
        )+
    };
}

events! {
    /// A user signed in, and a session began.
    AuthLogin = "auth.login" on Security about Session(session_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The session that began.
        session_id: SessionId,
        /// The client's address.
        ip: Option<IpAddr>,
    }

    /// A user signed out, and the session ended.
    AuthLogout = "auth.logout" on Security about Session(session_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The session that ended.
        session_id: SessionId,
        /// The client's address.
        ip: Option<IpAddr>,
    }

    /// One session of a user ended before its time.
    AuthSessionRevoked = "auth.session_revoked" on Security about Session(session_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The session that ended.
        session_id: SessionId,
        /// The client's address.
        ip: Option<IpAddr>,
    }

    /// An old refresh token was presented: somebody has a copy, so the session
    /// ended.
    AuthRefreshReuse = "auth.refresh_reuse" on Security about Session(session_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The session that ended.
        session_id: SessionId,
        /// The client's address.
        ip: Option<IpAddr>,
    }

    /// Several sessions of a user ended at once.
    AuthSessionsRevoked = "auth.sessions_revoked" on Security about User(user_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
        /// How many sessions ended.
        count: u64,
        /// The client's address.
        ip: Option<IpAddr>,
    }

    /// A user set a new password with the old one.
    PasswordChanged = "password.changed" on Security about User(user_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
    }

    /// A user set a new password with a mailed token.
    PasswordReset = "password.reset" on Security about User(user_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The SHA-256 of the token, in hexadecimal.
        token_hash: TokenDigest,
    }

    /// A security alert was raised.
    SecurityAlertRaised = "security.alert.raised" on Security about User(user_id) {
        /// The alert.
        alert_id: AlertId,
        /// The user whom it is about.
        user_id: UserId,
        /// What it is about.
        alert_type: AlertType,
    }

    /// A user was made.
    UserCreated = "user.created" on Audit about User(user_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The user.
        user_id: UserId,
    }

    /// A user, or how to reach a user, was changed.
    UserUpdated = "user.updated" on Audit about User(user_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The user.
        user_id: UserId,
        /// The names of the submitted fields, sorted.
        fields: Vec<String>,
    }

    /// A user was deactivated.
    UserDeactivated = "user.deactivated" on Audit about User(user_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The user.
        user_id: UserId,
    }

    /// A user proved that the e-mail address is the user's.
    UserEmailVerified = "user.email_verified" on Audit about User(user_id) {
        /// The user.
        user_id: UserId,
        /// The user's organization.
        organization_id: OrganizationId,
    }

    /// A user got one more role.
    UserRoleAssigned = "user.role_assigned" on Audit about User(user_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The user.
        user_id: UserId,
        /// The role.
        role_id: RoleId,
    }

    /// A user lost a role.
    UserRoleRevoked = "user.role_revoked" on Audit about User(user_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The user's organization.
        organization_id: OrganizationId,
        /// The user.
        user_id: UserId,
        /// The role.
        role_id: RoleId,
    }

    /// An organization was made.
    OrganizationCreated = "organization.created" on Audit about Organization(organization_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The organization.
        organization_id: OrganizationId,
        /// The state of its licence.
        license_status: LicenseStatus,
    }

    /// An organization was changed.
    OrganizationUpdated = "organization.updated" on Audit about Organization(organization_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The organization.
        organization_id: OrganizationId,
        /// The state of its licence.
        license_status: LicenseStatus,
    }

    /// An organization was suspended.
    OrganizationDeactivated = "organization.deactivated" on Audit
        about Organization(organization_id)
    {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The organization.
        organization_id: OrganizationId,
        /// The state of its licence.
        license_status: LicenseStatus,
    }

    /// System roles, or grants of them, that an organization lacked were added.
    OrganizationRolesSeeded = "organization.roles_seeded" on Audit
        about Organization(organization_id)
    {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The organization.
        organization_id: OrganizationId,
        /// How many roles and grants were added.
        added: u64,
    }

    /// A role was made.
    RoleCreated = "role.created" on Audit about Role(role_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The role's organization.
        organization_id: OrganizationId,
        /// The role.
        role_id: RoleId,
        /// Its name.
        role_name: RoleName,
    }

    /// A role was renamed or described.
    RoleUpdated = "role.updated" on Audit about Role(role_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The role's organization.
        organization_id: OrganizationId,
        /// The role.
        role_id: RoleId,
        /// Its name.
        role_name: RoleName,
    }

    /// A role was deleted, with its grants and assignments.
    RoleDeleted = "role.deleted" on Audit about Role(role_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The role's organization.
        organization_id: OrganizationId,
        /// The role.
        role_id: RoleId,
        /// Its name.
        role_name: RoleName,
    }

    /// A permission was granted to a role.
    RolePermissionGranted = "role.permission_granted" on Audit about Role(role_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The role's organization.
        organization_id: OrganizationId,
        /// The role.
        role_id: RoleId,
        /// The permission.
        permission_id: PermissionId,
        /// Its name.
        permission_name: PermissionName,
    }

    /// A permission was taken from a role.
    RolePermissionRevoked = "role.permission_revoked" on Audit about Role(role_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// The role's organization.
        organization_id: OrganizationId,
        /// The role.
        role_id: RoleId,
        /// The permission.
        permission_id: PermissionId,
        /// Its name.
        permission_name: PermissionName,
    }

    /// A permission was added to the catalogue.
    PermissionCreated = "permission.created" on Audit about Permission(permission_id) {
        /// The user who did it.
        actor_id: Option<UserId>,
        /// RootOrg.
        organization_id: OrganizationId,
        /// The permission.
        permission_id: PermissionId,
        /// Its name.
        permission_name: PermissionName,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::Fact;

    /// Reads an event back from its example payload and writes it down again.
    macro_rules! round_trip {
        ($payload:expr, $type:expr, [$($name:ident),+ $(,)?]) => {
            match $type {
                $(EventType::$name => $name::from_payload($payload).map(|event| {
                    (event.payload(), event.aggregate())
                }),)+
            }
        };
    }

    fn example(event_type: EventType) -> Facts {
        let fields = event_type.fields();
        fields.into_iter().fold(Facts::new(), |facts, field| {
            facts.with(field.name, field.example)
        })
    }

    fn again(event_type: EventType, payload: &Facts) -> Option<(Facts, Aggregate)> {
        round_trip!(
            payload,
            event_type,
            [
                AuthLogin,
                AuthLogout,
                AuthSessionRevoked,
                AuthRefreshReuse,
                AuthSessionsRevoked,
                PasswordChanged,
                PasswordReset,
                SecurityAlertRaised,
                UserCreated,
                UserUpdated,
                UserDeactivated,
                UserEmailVerified,
                UserRoleAssigned,
                UserRoleRevoked,
                OrganizationCreated,
                OrganizationUpdated,
                OrganizationDeactivated,
                OrganizationRolesSeeded,
                RoleCreated,
                RoleUpdated,
                RoleDeleted,
                RolePermissionGranted,
                RolePermissionRevoked,
                PermissionCreated,
            ]
        )
    }

    #[test]
    fn every_event_reads_back_from_its_example_and_is_about_its_kind() {
        for &event_type in EventType::ALL {
            let payload = example(event_type);
            let Some((read, aggregate)) = again(event_type, &payload) else {
                panic!("{} does not read back", event_type.as_str());
            };
            assert_eq!(read, payload, "{}", event_type.as_str());
            assert_eq!(aggregate.kind, event_type.aggregate_kind());
            assert_eq!(EventType::parse(event_type.as_str()), Some(event_type));
        }
    }

    #[test]
    fn a_nullable_field_reads_back_as_nothing_and_no_other_does() {
        for &event_type in EventType::ALL {
            for field in event_type.fields() {
                let payload = example(event_type).with(field.name, Fact::Null);
                let read = again(event_type, &payload);
                assert_eq!(read.is_some(), field.nullable, "{}", event_type.as_str());
            }
        }
    }

    #[test]
    fn a_field_of_another_type_is_no_payload() {
        for &event_type in EventType::ALL {
            for field in event_type.fields() {
                let payload = example(event_type).with(field.name, Facts::new());
                assert_eq!(again(event_type, &payload), None);
            }
        }
    }

    #[test]
    fn routing_keys_are_unique_and_described() {
        let keys: BTreeSet<&str> = EventType::ALL.iter().map(|t| t.as_str()).collect();
        assert_eq!(keys.len(), EventType::ALL.len());
        assert!(
            EventType::ALL
                .iter()
                .all(|t| t.description().ends_with('.'))
        );
    }
}
