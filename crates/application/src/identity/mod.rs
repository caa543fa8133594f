//! Signing in and out, refreshing, and who somebody is.

mod error;
mod login;
mod refresh;
mod service;

pub use error::AuthError;
pub use service::{
    AuthPorts, AuthService, LegacyToken, Profile, SessionLifetimes, SignedIn, TokenPair,
};
