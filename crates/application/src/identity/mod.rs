//! Signing in and out, refreshing, sessions, passwords, and the user of a token.

mod error;
mod gate;
mod gauges;
mod new_password;
mod pace;
mod pairs;
mod password_change;
mod password_check;
mod recovery;
mod refresh;
mod sessions;
mod sign_in;
mod tokens;

pub use error::{AuthError, RecoveryError, SetPasswordError};
pub use gate::{CachedSessions, Gate};
pub use gauges::SessionGauges;
pub use new_password::{NewPasswords, PasswordRefused};
pub use pairs::{LegacyToken, Pairs, Profile, SessionRules, SignedIn, TokenPair};
pub use password_check::{PasswordCheck, PasswordCheckPorts};
pub use recovery::{RecoveryPorts, RecoveryService};
pub use sessions::{SessionPorts, Sessions};
pub use sign_in::{SignIn, SignInPorts};
pub use tokens::{ActiveToken, TokenKind, Tokens};
