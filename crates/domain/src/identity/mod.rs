//! Identity: who somebody is, proved by a password, a session or a token.

mod gate;
mod passwords;
mod sessions;
mod tokens;

pub use gate::{Account, Admission, GateRefusal, Principal, SessionFacts, admit};
pub use passwords::{
    Credentials, HashError, LoginName, Password, PasswordHash, PasswordHasher, Verification,
};
pub use sessions::{
    NewSession, PreviousToken, RefreshState, RevokeReason, Rotation, SessionQueries, SessionRepo,
};
pub use tokens::{
    AccessClaims, AccessToken, RefreshToken, RefreshTokens, SealedToken, TokenDigest, TokenError,
    TokenIssuer, TokenRejected, VerifiedToken,
};
#[cfg(feature = "mocks")]
pub use {
    passwords::MockPasswordHasher,
    sessions::{MockSessionQueries, MockSessionRepo},
    tokens::{MockRefreshTokens, MockTokenIssuer},
};
