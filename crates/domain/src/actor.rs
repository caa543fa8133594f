//! Who does something, and from where.

use std::net::IpAddr;

use crate::identity::Principal;
use crate::ids::{OrganizationId, UserId};

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

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Nobody known (registration, login).
    Anonymous,
    /// A signed-in user who passed the gate.
    User(Box<Principal>),
    /// A service that knows the shared internal secret.
    Service,
    /// An operator who knows the bootstrap secret.
    Bootstrap,
    /// The service itself: a migration, a job, the command line.
    System(&'static str),
}

/// Who acts, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// From where.
    pub origin: Origin,
}

impl Actor {
    /// The service itself.
    pub fn system(job: &'static str) -> Self {
        Self {
            who: Who::System(job),
            origin: Origin::default(),
        }
    }

    /// The signed-in user, if there is one.
    pub fn principal(&self) -> Option<&Principal> {
        match &self.who {
            Who::User(principal) => Some(principal),
            _ => None,
        }
    }

    /// The id of the signed-in user, if there is one.
    pub fn user_id(&self) -> Option<UserId> {
        self.principal().map(|p| p.account.user_id)
    }

    /// The organization of the signed-in user, if there is one.
    pub fn organization_id(&self) -> Option<OrganizationId> {
        self.principal().map(|p| p.account.organization_id)
    }

    /// The word for the kind of actor in audit rows.
    pub fn kind(&self) -> &'static str {
        match &self.who {
            Who::Anonymous => "anonymous",
            Who::User(_) => "user",
            Who::Service => "service",
            Who::Bootstrap => "bootstrap",
            Who::System(_) => "system",
        }
    }
}
