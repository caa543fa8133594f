//! Identity: which user acts, proved by a password, a session or a token.

mod cache;
mod gate;
mod one_time;
mod passwords;
mod sessions;
mod tokens;

pub use cache::{OneTimeTokenIndex, SessionCache};
pub use gate::{Account, Admission, Authority, GateRefusal, SessionFacts, admit};
pub use one_time::{
    OneTimeToken, OneTimeTokenQueries, OneTimeTokenRepo, OneTimeTokens, StoredToken, TokenPurpose,
};
pub use passwords::{
    CommonPasswords, Credentials, HashError, LoginName, Password, PasswordHash, PasswordHasher,
    Verification, is_own_name, own_names,
};
pub use sessions::{
    LockedCaller, NewSession, PreviousToken, RefreshState, RevokeReason, Rotation, SessionInfo,
    SessionQueries, SessionRepo,
};
pub use tokens::{
    AccessClaims, AccessToken, IssuerName, PublishedKey, RefreshToken, RefreshTokens, SealedToken,
    TokenDigest, TokenError, TokenIssuer, TokenRejected, VerifiedToken,
};
#[cfg(feature = "mocks")]
pub use {
    cache::{MockOneTimeTokenIndex, MockSessionCache},
    one_time::{MockOneTimeTokenQueries, MockOneTimeTokenRepo, MockOneTimeTokens},
    passwords::{MockCommonPasswords, MockPasswordHasher},
    sessions::{MockSessionQueries, MockSessionRepo},
    tokens::{MockRefreshTokens, MockTokenIssuer},
};
