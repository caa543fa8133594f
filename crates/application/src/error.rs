//! What every use case's error has in common.

use std::error::Error;

use auth_domain::error::PortError;
use auth_domain::identity::{GateRefusal, HashError, TokenError};
use auth_domain::rbac::PolicyError;
use auth_domain::rbac::rules::RuleBroken;
use auth_domain::security::RateLimited;

/// The class of an error, which decides the answer's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request asks for something that makes no sense here: 400.
    BadRequest,
    /// Not signed in, or not able to act: 401.
    Unauthenticated,
    /// Known, but not allowed: 403.
    Forbidden,
    /// Not there, or not for this caller to see: 404.
    NotFound,
    /// Against the present state: 409.
    Conflict,
    /// Well-formed, but a value is not acceptable: 422.
    Unprocessable,
    /// Too often: 429 with `Retry-After`.
    TooMany,
    /// Too much work at once; again in a moment: 503 with `Retry-After`.
    Busy,
    /// Something that the service needs is away: 503.
    Unavailable,
    /// A defect of ours: 500, and nothing of it is shown.
    Internal,
}

/// The error of a use case: a stable code, and a class.
pub trait UseCaseError: Error + Send + Sync + 'static {
    /// The stable `snake_case` code of the wire.
    fn code(&self) -> &'static str;

    /// The class.
    fn kind(&self) -> ErrorKind;

    /// The infrastructure's part in it, if it had one.
    fn infrastructure(&self) -> Option<&Infrastructure>;

    /// Whether a transaction that ended in this may run again.
    fn lost_race(&self) -> bool {
        matches!(self.infrastructure(), Some(Infrastructure::Store(e)) if e.is_retryable())
    }
}

/// A port that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Infrastructure {
    /// The database.
    #[error(transparent)]
    Store(#[from] PortError),
    /// The policy engine.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The password hasher.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The token issuer.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The rate limiter refuses.
    #[error(transparent)]
    Limited(#[from] RateLimited),
}

impl UseCaseError for Infrastructure {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(PortError::Unavailable(_)) => "store_unavailable",
            Self::Store(PortError::Retryable(_)) | Self::Hash(HashError::Busy) => "busy",
            Self::Policy(PolicyError::UnknownRevision { .. }) => "revision_unknown",
            Self::Policy(_) => "policy_unavailable",
            Self::Limited(_) => "rate_limited",
            Self::Store(_) | Self::Hash(_) | Self::Token(_) => "internal_error",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Policy(PolicyError::UnknownRevision { .. }) => ErrorKind::Conflict,
            Self::Store(PortError::Unavailable(_)) | Self::Policy(_) => ErrorKind::Unavailable,
            Self::Store(PortError::Retryable(_)) | Self::Hash(HashError::Busy) => ErrorKind::Busy,
            Self::Limited(_) => ErrorKind::TooMany,
            Self::Store(_) | Self::Hash(_) | Self::Token(_) => ErrorKind::Internal,
        }
    }

    fn infrastructure(&self) -> Option<&Infrastructure> {
        Some(self)
    }
}

impl UseCaseError for GateRefusal {
    fn code(&self) -> &'static str {
        GateRefusal::code(*self)
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Unauthenticated
    }

    fn infrastructure(&self) -> Option<&Infrastructure> {
        None
    }
}

impl UseCaseError for RuleBroken {
    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::CannotGrant => "cannot_grant",
            Self::LastAdmin => "last_admin",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden | Self::CannotGrant => ErrorKind::Forbidden,
            Self::LastAdmin => ErrorKind::Conflict,
        }
    }

    fn infrastructure(&self) -> Option<&Infrastructure> {
        None
    }
}

/// Declares the error enum of a context: its own business words with their code
/// and class, the errors that it shares with others (`nests`), and the
/// infrastructure.
macro_rules! use_case_error {
    ($(#[$doc:meta])* $name:ident $(nests [$($nested:ident($inner:ty)),+])? {
        $($(#[$vdoc:meta])* $variant:ident => $code:literal, $kind:ident, $message:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, thiserror::Error)]
        pub enum $name {
            $($(#[$vdoc])* #[error($message)] $variant,)*
            $($(
                #[doc = concat!("See [`", stringify!($inner), "`].")]
                #[error(transparent)]
                $nested(#[from] $inner),
            )+)?
            /// A port could not do its work.
            #[error(transparent)]
            Infrastructure(#[from] $crate::error::Infrastructure),
        }

        impl $crate::error::UseCaseError for $name {
            fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    $($(Self::$nested(e) => $crate::error::UseCaseError::code(e),)+)?
                    Self::Infrastructure(e) => $crate::error::UseCaseError::code(e),
                }
            }

            fn kind(&self) -> $crate::error::ErrorKind {
                match self {
                    $(Self::$variant => $crate::error::ErrorKind::$kind,)*
                    $($(Self::$nested(e) => $crate::error::UseCaseError::kind(e),)+)?
                    Self::Infrastructure(e) => $crate::error::UseCaseError::kind(e),
                }
            }

            fn infrastructure(&self) -> Option<&$crate::error::Infrastructure> {
                match self {
                    $($(Self::$nested(e) => $crate::error::UseCaseError::infrastructure(e),)+)?
                    Self::Infrastructure(e) => Some(e),
                    #[allow(unreachable_patterns, reason = "an error may have no words of its own")]
                    _ => None,
                }
            }
        }

        $crate::error::infrastructure_from!($name:
            auth_domain::identity::HashError,
            auth_domain::identity::TokenError,
            auth_domain::security::RateLimited,
        );
    };
}

/// Lets `?` lift a port's error into a context's error.
macro_rules! infrastructure_from {
    ($name:ident: $($source:ty,)+) => {$(
        impl From<$source> for $name {
            fn from(error: $source) -> Self {
                Self::Infrastructure(error.into())
            }
        }
    )+};
}

pub(crate) use {infrastructure_from, use_case_error};
