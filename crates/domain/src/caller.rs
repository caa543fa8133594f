//! The caller: a user, its credential, and where the request came from.

use std::net::IpAddr;

use crate::identity::Account;
use crate::ids::{OrganizationId, SessionId, UserId};
use crate::organizations::OrganizationKind;
use crate::wire_enum;

/// Where a request came from; goes into sessions, activity and audit rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request id that the answer carries too.
    pub request_id: Option<String>,
    /// The client's address, behind trusted proxies the one they report.
    pub ip: Option<IpAddr>,
    /// The client's `User-Agent`, cut to 255 characters, without control
    /// characters.
    pub user_agent: Option<String>,
}

/// What a caller proved its identity with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// The access token of a session.
    Session(SessionId),
}

/// A user who passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user and the user's organization, as the gate saw them.
    pub account: Account,
    /// What the user showed.
    pub credential: Credential,
    /// From where.
    pub origin: Origin,
}

impl Caller {
    /// The user's id.
    pub fn user_id(&self) -> UserId {
        self.account.user_id
    }

    /// The user's own organization.
    pub fn organization_id(&self) -> OrganizationId {
        self.account.organization_id
    }

    /// The session, where the caller came with one.
    pub fn session(&self) -> Option<SessionId> {
        match self.credential {
            Credential::Session(session) => Some(session),
        }
    }

    /// Whether the user belongs to RootOrg, which is the first condition of
    /// crossing organizations.
    pub fn is_of_root(&self) -> bool {
        self.account.organization_kind == OrganizationKind::Root
    }
}

wire_enum! {
    /// The kind of an actor, as audit rows name it.
    ActorKind {
        /// Not signed in: registration, login, a one-time token.
        Anonymous = "anonymous",
        /// A signed-in user.
        User = "user",
        /// A service that knows the shared internal secret.
        Service = "service",
        /// An operator who knows the bootstrap secret.
        Bootstrap = "bootstrap",
        /// The service itself: a migration, a job, the command line.
        System = "system",
    }
}

/// The user, service or job that did something, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The kind.
    pub kind: ActorKind,
    /// Which job or command, where the service itself acts.
    pub name: Option<String>,
    /// The user and the user's organization, where a user acts.
    pub user: Option<(OrganizationId, UserId)>,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// For which request.
    pub request_id: Option<String>,
}

impl Actor {
    /// A caller that is not signed in.
    pub fn anonymous(origin: &Origin) -> Self {
        Self::from_origin(ActorKind::Anonymous, origin)
    }

    /// A service that knows the internal secret.
    pub fn service(origin: &Origin) -> Self {
        Self::from_origin(ActorKind::Service, origin)
    }

    /// An operator who knows the bootstrap secret.
    pub fn bootstrap(origin: &Origin) -> Self {
        Self::from_origin(ActorKind::Bootstrap, origin)
    }

    /// The service itself: the name of a job or of a command.
    pub fn system(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::from_origin(ActorKind::System, &Origin::default())
        }
    }

    /// The same actor, for that request.
    #[must_use]
    pub fn for_request(self, request_id: Option<String>) -> Self {
        Self { request_id, ..self }
    }

    /// The id of the signed-in user, if there is one.
    pub fn user_id(&self) -> Option<UserId> {
        self.user.map(|(_, user)| user)
    }

    /// The organization of the signed-in user, if there is one.
    pub fn organization_id(&self) -> Option<OrganizationId> {
        self.user.map(|(organization, _)| organization)
    }

    fn from_origin(kind: ActorKind, origin: &Origin) -> Self {
        Self {
            kind,
            name: None,
            user: None,
            ip: origin.ip,
            request_id: origin.request_id.clone(),
        }
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self {
            user: Some((caller.organization_id(), caller.user_id())),
            ..Self::from_origin(ActorKind::User, &caller.origin)
        }
    }
}
