//! Signing in and out, refreshing, sessions, passwords, and who somebody is.

mod error;
mod introspection;
mod login;
mod new_password;
mod password_change;
mod recovery;
mod refresh;
mod service;
mod sessions;

pub use error::{AuthError, RecoveryError};
pub use introspection::{ActiveToken, TokenKind};
pub use new_password::{NewPasswords, PasswordRefused};
pub use recovery::{RecoveryPorts, RecoveryService};
pub use service::{
    AuthPorts, AuthService, CachedSessions, LegacyToken, Profile, SessionLifetimes, SignedIn,
    TokenPair,
};

pub(crate) use new_password::password_refused_into;
