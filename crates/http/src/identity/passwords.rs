//! Passwords and addresses: forgotten, reset, changed, verified.

use auth_application::identity::PasswordRefused;
use auth_application::identity::{AuthError, RecoveryError};
use auth_domain::identity::Password;
use auth_domain::users::EmailAddress;
use auth_http_kit::access::{Authenticated, Public};
use auth_http_kit::answer::{Answer, Json, NoStore};
use auth_http_kit::input::{JsonBody, State, Text};
use auth_http_kit::problem::EdgeCode;
use auth_http_kit::routing::Route;
use auth_http_kit::{routes, wire_object};
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::{PasswordAttempt, SessionBody, ShownOneTimeToken};

pub(super) fn routes() -> Vec<Route> {
    routes!["auth";
        forgot_password.fails(&[&EdgeCode::RateLimited]),
        reset_password.fails(&[
            &EdgeCode::RateLimited,
            &RecoveryError::InvalidToken,
            &PasswordRefused::TooCommon,
        ]),
        change_password.fails(&[
            &PasswordRefused::TooCommon,
            &AuthError::WrongPassword,
            &EdgeCode::PolicyUnavailable,
            &EdgeCode::RateLimited,
        ]),
        request_verification,
        verify_email.fails(&[&EdgeCode::RateLimited, &RecoveryError::InvalidToken]),
    ]
}

/// Asks for a mail with a token that resets the password. The answer is the
/// same whether or not somebody has the address.
#[utoipa::path(post, path = "/v1/auth/password/forgot")]
async fn forgot_password(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<ForgottenPassword>,
) -> Answer<Json<ForgotAnswer>> {
    state
        .app
        .recovery
        .forgot(caller.origin(), &body.email)
        .await?;
    Ok(Json(ForgotAnswer {
        status: "ok",
        reset_token: None,
    }))
}

/// Sets a new password with a mailed token, and ends all sessions.
#[utoipa::path(post, path = "/v1/auth/password/reset")]
async fn reset_password(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<PasswordReset>,
) -> Answer<Json<Done>> {
    let reset = state
        .app
        .recovery
        .reset(caller.origin(), &body.token, &body.new_password);
    reset.await?;
    Ok(Json(Done::OK))
}

/// Sets a new password with the old one, ends all other sessions, and answers
/// a new pair for this one.
#[utoipa::path(post, path = "/v1/auth/password/change")]
async fn change_password(
    caller: Authenticated,
    state: State,
    JsonBody(body): JsonBody<PasswordChange>,
) -> Answer<NoStore<Json<SessionBody>>> {
    let change = state
        .app
        .sign_in
        .change_password(&caller, &body.old_password, &body.new_password);
    Ok(NoStore(Json(change.await?.into())))
}

/// Asks for a mail with a token that verifies the signed-in user's address.
#[utoipa::path(post, path = "/v1/auth/email/verification")]
async fn request_verification(caller: Authenticated, state: State) -> Answer<Json<Done>> {
    let request = state.app.recovery.request_verification(&caller);
    request.await?;
    Ok(Json(Done::OK))
}

/// Verifies an address with a mailed token.
#[utoipa::path(post, path = "/v1/auth/email/verify")]
async fn verify_email(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<EmailVerification>,
) -> Answer<Json<Done>> {
    let verify = state
        .app
        .recovery
        .verify_email(caller.origin(), &body.token);
    verify.await?;
    Ok(Json(Done::OK))
}

wire_object! {
    /// The address of a forgotten password.
    #[example({"email": "ana@example.com"})]
    struct ForgottenPassword {
        email: required Text<EmailAddress>,
    }
}

/// What the predecessor answered; the token is never in it.
#[derive(Serialize, ToSchema)]
#[schema(as = ForgottenPasswordAnswer, example = json!({"status": "ok", "reset_token": null}))]
struct ForgotAnswer {
    status: &'static str,
    /// Always null: the token is in the mail.
    reset_token: Option<String>,
}

wire_object! {
    /// A mailed token, and the password to set.
    #[example({"token": "c2VjcmV0", "new_password": "correct horse battery"})]
    struct PasswordReset {
        token: required ShownOneTimeToken,
        new_password: required Text<Password>,
    }
}

wire_object! {
    /// The password as it is, and as it shall be.
    #[example({"old_password": "correct horse battery", "new_password": "staple battery horse"})]
    struct PasswordChange {
        old_password: required PasswordAttempt,
        new_password: required Text<Password>,
    }
}

wire_object! {
    /// A mailed token.
    #[example({"token": "c2VjcmV0"})]
    struct EmailVerification {
        token: required ShownOneTimeToken,
    }
}

/// It is done.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct Done {
    status: &'static str,
}

impl Done {
    const OK: Self = Self { status: "ok" };
}
