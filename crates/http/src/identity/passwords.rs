//! Passwords and addresses: forgotten, reset, changed, verified.

use actix_web::http::StatusCode;
use auth_domain::identity::{OneTimeToken, Password};
use auth_domain::users::EmailAddress;
use serde::Serialize;
use utoipa::ToSchema;

use super::bodies::SessionBody;
use crate::access::{Authenticated, Public};
use crate::answer::{Answer, ok, tokens};
use crate::input::{Fields, FromFields, JsonBody, Refusals, State, email, string, text};
use crate::routing::{Route, route};

const RESET_ERRORS: &[&str] = &[
    "busy",
    "password_too_common",
    "rate_limited",
    "store_unavailable",
];
const CHANGE_ERRORS: &[&str] = &[
    "busy",
    "password_too_common",
    "policy_unavailable",
    "rate_limited",
    "wrong_password",
];

pub(super) fn routes() -> Vec<Route> {
    let invalid = (StatusCode::BAD_REQUEST, "invalid_token");
    vec![
        route::<__path_forgot_password, _, _>(forgot_password).fails(&[
            "busy",
            "rate_limited",
            "store_unavailable",
        ]),
        route::<__path_reset_password, _, _>(reset_password)
            .fails(RESET_ERRORS)
            .fails_with(invalid),
        route::<__path_change_password, _, _>(change_password).fails(CHANGE_ERRORS),
        route::<__path_request_verification, _, _>(request_verification).fails(&["busy"]),
        route::<__path_verify_email, _, _>(verify_email)
            .fails(&["busy", "rate_limited", "store_unavailable"])
            .fails_with(invalid),
    ]
}

/// Asks for a mail with a token that resets the password. The answer is the
/// same whether or not somebody has the address.
#[utoipa::path(post, path = "/v1/auth/password/forgot", tag = "auth", request_body = ForgotBody,
    responses((status = 200, body = ForgotAnswer)))]
async fn forgot_password(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<ForgotBody>,
) -> Answer {
    state.recovery.forgot(caller.origin(), &body.email).await?;
    ok(&ForgotAnswer {
        status: "ok",
        reset_token: None,
    })
}

/// Sets a new password with a mailed token, and ends all sessions.
#[utoipa::path(post, path = "/v1/auth/password/reset", tag = "auth", request_body = ResetBody,
    responses((status = 200, body = Done)))]
async fn reset_password(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<ResetBody>,
) -> Answer {
    let reset = state
        .recovery
        .reset(caller.origin(), &body.token, &body.new_password);
    reset.await?;
    ok(&Done::OK)
}

/// Sets a new password with the old one, ends all other sessions, and answers
/// a new pair for this one.
#[utoipa::path(post, path = "/v1/auth/password/change", tag = "auth", request_body = ChangeBody,
    responses((status = 200, body = SessionBody)))]
async fn change_password(
    caller: Authenticated,
    state: State,
    JsonBody(body): JsonBody<ChangeBody>,
) -> Answer {
    let change = state.auth.change_password(
        caller.actor(),
        caller.principal(),
        &body.old_password,
        &body.new_password,
    );
    tokens(&SessionBody::from(&change.await?))
}

/// Asks for a mail with a token that verifies the signed-in user's address.
#[utoipa::path(post, path = "/v1/auth/email/verification", tag = "auth",
    responses((status = 200, body = Done)))]
async fn request_verification(caller: Authenticated, state: State) -> Answer {
    let (origin, principal) = (&caller.actor().origin, caller.principal());
    state
        .recovery
        .request_verification(origin, principal)
        .await?;
    ok(&Done::OK)
}

/// Verifies an address with a mailed token.
#[utoipa::path(post, path = "/v1/auth/email/verify", tag = "auth", request_body = VerifyBody,
    responses((status = 200, body = Done)))]
async fn verify_email(
    caller: Public,
    state: State,
    JsonBody(body): JsonBody<VerifyBody>,
) -> Answer {
    let verify = state.recovery.verify_email(caller.origin(), &body.token);
    verify.await?;
    ok(&Done::OK)
}

/// An e-mail address.
#[derive(ToSchema)]
#[schema(as = ForgottenPassword, example = json!({"email": "ana@example.com"}))]
struct ForgotBody {
    #[schema(value_type = String, format = "email", max_length = 255)]
    email: EmailAddress,
}

impl FromFields for ForgotBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", email);
        Some(Self { email: email? })
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

/// A mailed token, and the password to set.
#[derive(ToSchema)]
#[schema(as = PasswordReset, example = json!({
    "token": "c2VjcmV0", "new_password": "correct horse battery"
}))]
struct ResetBody {
    #[schema(value_type = String)]
    token: OneTimeToken,
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    new_password: Password,
}

impl FromFields for ResetBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.required("token", one_time_token);
        let new_password = fields.required("new_password", text(Password::parse));
        Some(Self {
            token: token?,
            new_password: new_password?,
        })
    }
}

/// The password as it is, and as it shall be.
#[derive(ToSchema)]
#[schema(as = PasswordChange, example = json!({
    "old_password": "correct horse battery", "new_password": "staple battery horse"
}))]
struct ChangeBody {
    #[schema(value_type = String)]
    old_password: Password,
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    new_password: Password,
}

impl FromFields for ChangeBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let old_password = fields.required("old_password", |value, refusals| {
            string(value, refusals).map(Password::attempt)
        });
        let new_password = fields.required("new_password", text(Password::parse));
        Some(Self {
            old_password: old_password?,
            new_password: new_password?,
        })
    }
}

/// A mailed token.
#[derive(ToSchema)]
#[schema(as = EmailVerification, example = json!({"token": "c2VjcmV0"}))]
struct VerifyBody {
    #[schema(value_type = String)]
    token: OneTimeToken,
}

impl FromFields for VerifyBody {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.required("token", one_time_token);
        Some(Self { token: token? })
    }
}

fn one_time_token(value: &serde_json::Value, refusals: &mut Refusals) -> Option<OneTimeToken> {
    string(value, refusals).map(|token| OneTimeToken::new(token.to_owned()))
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
