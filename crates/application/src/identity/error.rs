use auth_domain::error::PortError;
use auth_domain::identity::{GateRefusal, TokenRejected};
use auth_domain::rbac::PolicyError;

use super::PasswordRefused;
use crate::access::AccessError;
use crate::error::{infrastructure_from, use_case_error};

use_case_error! {
    /// Why a caller was not let in, or could not change its sessions.
    AuthError nests [
        Gate(GateRefusal),
        Access(AccessError),
        Password(PasswordRefused)
    ] {
        /// Unknown name or wrong password: one answer for both.
        InvalidCredentials => "invalid_credentials", Unauthenticated, "name or password is wrong";
        /// The password is right, and the address must be verified first.
        EmailNotVerified => "email_not_verified", Forbidden, "the e-mail address must be verified first";
        /// The access token does not hold.
        InvalidToken => "invalid_token", Unauthenticated, "the access token is not valid";
        /// The access token is ours, but names no user or session.
        InvalidTokenPayload => "invalid_token_payload", Unauthenticated, "the access token lacks a claim";
        /// The session ran out before it was refreshed.
        RefreshExpired => "refresh_expired", Unauthenticated, "the session has expired and cannot be refreshed";
        /// The refresh token is not the session's.
        InvalidRefreshToken => "invalid_refresh_token", Unauthenticated, "the refresh token is not valid";
        /// The signed-in user has no such session.
        NoSuchSession => "no_such_session", NotFound, "there is no such session";
        /// The old password is wrong.
        WrongPassword => "wrong_password", BadRequest, "the old password is wrong";
    }
}

infrastructure_from!(AuthError: PortError, PolicyError,);

use_case_error! {
    /// Why a password was not reset, or an address not verified.
    RecoveryError nests [Access(AccessError), Password(PasswordRefused)] {
        /// Unknown, used, expired, or of an account that is gone: one answer
        /// for all.
        InvalidToken => "invalid_token", BadRequest, "the one-time token is not valid";
    }
}

infrastructure_from!(RecoveryError: PortError,);

use_case_error! {
    /// Why an operator could not set a password.
    SetPasswordError nests [Password(PasswordRefused)] {
        /// No user has that name or address.
        UserNotFound => "user_not_found", NotFound, "no user has that name or address";
    }
}

infrastructure_from!(SetPasswordError: PortError,);

impl From<TokenRejected> for AuthError {
    fn from(rejected: TokenRejected) -> Self {
        match rejected {
            TokenRejected::Invalid => Self::InvalidToken,
            TokenRejected::Payload => Self::InvalidTokenPayload,
        }
    }
}
