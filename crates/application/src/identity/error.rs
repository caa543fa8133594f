use auth_domain::error::PortError;
use auth_domain::identity::{GateRefusal, TokenRejected};
use auth_domain::rbac::PolicyError;

use super::new_password::password_refused_into;
use crate::error::{infrastructure_from, use_case_error};

use_case_error! {
    /// Why somebody was not let in.
    AuthError {
        /// Unknown name or wrong password: one answer for both.
        InvalidCredentials => "invalid_credentials", Unauthenticated, "name or password is wrong";
        /// The access token does not hold.
        InvalidToken => "invalid_token", Unauthenticated, "the access token is not valid";
        /// The access token is ours, but names no user or session.
        InvalidTokenPayload => "invalid_token_payload", Unauthenticated, "the access token lacks a claim";
        /// No such session, or it is somebody else's.
        SessionNotFound => "session_not_found", Unauthenticated, "the session does not exist";
        /// The session was revoked.
        SessionRevoked => "session_revoked", Unauthenticated, "the session was revoked";
        /// The session ran out.
        SessionExpired => "session_expired", Unauthenticated, "the session has expired";
        /// The session ran out before it was refreshed.
        RefreshExpired => "refresh_expired", Unauthenticated, "the session has expired and cannot be refreshed";
        /// The refresh token is not the session's.
        InvalidRefreshToken => "invalid_refresh_token", Unauthenticated, "the refresh token is not valid";
        /// The signed-in user has no such session.
        NoSuchSession => "no_such_session", NotFound, "there is no such session";
        /// The old password is wrong.
        WrongPassword => "wrong_password", BadRequest, "the old password is wrong";
        /// The new password is one that everybody tries first.
        PasswordTooCommon => "password_too_common", Unprocessable, "the password is too common, or one of the user's own names";
        /// The user is deactivated.
        AccountInactive => "account_inactive", Unauthenticated, "the account is inactive";
        /// The user's organization is suspended.
        OrganizationSuspended => "organization_suspended", Unauthenticated, "the organization is suspended";
    }
}

infrastructure_from!(AuthError: PortError, PolicyError,);
password_refused_into!(AuthError);

use_case_error! {
    /// Why a password was not reset, or an address not verified.
    RecoveryError {
        /// Unknown, used, expired, or of an account that is gone: one answer
        /// for all.
        InvalidToken => "invalid_token", BadRequest, "the one-time token is not valid";
        /// The new password is one that everybody tries first.
        PasswordTooCommon => "password_too_common", Unprocessable, "the password is too common, or one of the user's own names";
    }
}

infrastructure_from!(RecoveryError: PortError,);
password_refused_into!(RecoveryError);

impl From<TokenRejected> for AuthError {
    fn from(rejected: TokenRejected) -> Self {
        match rejected {
            TokenRejected::Invalid => Self::InvalidToken,
            TokenRejected::Payload => Self::InvalidTokenPayload,
        }
    }
}

impl From<GateRefusal> for AuthError {
    fn from(refusal: GateRefusal) -> Self {
        match refusal {
            GateRefusal::SessionNotFound => Self::SessionNotFound,
            GateRefusal::SessionRevoked => Self::SessionRevoked,
            GateRefusal::SessionExpired => Self::SessionExpired,
            GateRefusal::AccountInactive => Self::AccountInactive,
            GateRefusal::OrganizationSuspended => Self::OrganizationSuspended,
        }
    }
}
