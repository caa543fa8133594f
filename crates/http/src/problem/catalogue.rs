//! Every code that an answer can carry.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use actix_web::http::StatusCode;
use auth_application::bootstrap::BootstrapError;
use auth_application::error::ErrorKind;
use auth_application::identity::{AuthError, RecoveryError};
use auth_application::organizations::OrganizationError;
use auth_application::rbac::{DecisionError, GuardError, RoleError};
use auth_application::users::UserError;

use super::status_of;

macro_rules! edge_codes {
    ($($(#[$doc:meta])* $variant:ident => $code:literal, $status:ident, $title:literal;)+) => {
        /// The codes that the HTTP edge itself answers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EdgeCode { $($(#[$doc])* $variant,)+ }

        impl EdgeCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code on the wire.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The title.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

edge_codes! {
    /// A value of the request breaks a rule.
    ValidationError => "validation_error", UNPROCESSABLE_ENTITY, "The request is not valid";
    /// No such path.
    NotFound => "not_found", NOT_FOUND, "Not Found";
    /// The path does not know the method.
    MethodNotAllowed => "method_not_allowed", METHOD_NOT_ALLOWED, "Method Not Allowed";
    /// The body is larger than allowed.
    PayloadTooLarge => "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The request took too long.
    Timeout => "timeout", GATEWAY_TIMEOUT, "The request took too long";
    /// No credential was shown.
    NotAuthenticated => "not_authenticated", UNAUTHORIZED, "A bearer token is needed";
    /// The `Authorization` header has no bearer token in it.
    InvalidAuthorizationHeader => "invalid_authorization_header", UNAUTHORIZED, "The Authorization header is malformed";
    /// The bearer token does not hold.
    InvalidToken => "invalid_token", UNAUTHORIZED, "The access token is not valid";
    /// The caller lacks the permission.
    Forbidden => "forbidden", FORBIDDEN, "The caller may not do this";
    /// The internal secret is wrong.
    InvalidInternalSecret => "invalid_internal_secret", UNAUTHORIZED, "The internal secret is wrong";
    /// No internal secret is configured.
    InternalNotConfigured => "internal_access_not_configured", SERVICE_UNAVAILABLE, "No internal secret is configured";
    /// The bootstrap secret is missing or wrong.
    InvalidBootstrapSecret => "invalid_bootstrap_secret", FORBIDDEN, "The bootstrap secret is wrong";
    /// No bootstrap secret is configured.
    BootstrapNotConfigured => "bootstrap_not_configured", SERVICE_UNAVAILABLE, "No bootstrap secret is configured";
    /// Too often in too short a time.
    RateLimited => "rate_limited", TOO_MANY_REQUESTS, "Too many attempts; try again later";
    /// Too much work at once.
    Busy => "busy", SERVICE_UNAVAILABLE, "Too much work at once; try again in a moment";
    /// The database is away.
    StoreUnavailable => "store_unavailable", SERVICE_UNAVAILABLE, "The database does not answer";
    /// No fresh policy can be shown.
    PolicyUnavailable => "policy_unavailable", SERVICE_UNAVAILABLE, "The policy cannot be shown to be fresh";
    /// A defect of ours.
    InternalError => "internal_error", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
}

/// The error catalogues of the contexts.
pub(super) const CONTEXTS: &[&[(&str, ErrorKind, &str)]] = &[
    AuthError::CATALOGUE,
    BootstrapError::CATALOGUE,
    DecisionError::CATALOGUE,
    GuardError::CATALOGUE,
    OrganizationError::CATALOGUE,
    RecoveryError::CATALOGUE,
    RoleError::CATALOGUE,
    UserError::CATALOGUE,
];

/// Codes that the contract answers with another status in one place: a refused
/// one-time token is no failed authentication, and an address that a user
/// changes to is one more wrong value.
pub(super) const EXCEPTIONS: &[(&str, StatusCode, &str)] = &[
    (
        "invalid_token",
        StatusCode::BAD_REQUEST,
        "The one-time token is not valid",
    ),
    (
        "email_already_exists",
        StatusCode::BAD_REQUEST,
        "The e-mail address is taken",
    ),
];

/// What belongs to a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The status.
    pub status: StatusCode,
    /// The title.
    pub title: &'static str,
}

/// What belongs to a code; `None`: no answer carries it.
pub fn entry_of(code: &str) -> Option<Entry> {
    catalogue().get(code).copied()
}

/// The title of a code that is answered with that status.
pub(super) fn title_of(code: &'static str, status: StatusCode) -> &'static str {
    let exception = EXCEPTIONS
        .iter()
        .find(|&&(named, other, _)| (named, other) == (code, status));
    exception.map_or_else(
        || entry_of(code).map_or(code, |entry| entry.title),
        |&(.., title)| title,
    )
}

/// The status of a code; 500 of an unknown one.
pub(crate) fn status_of_code(code: &str) -> StatusCode {
    entry_of(code).map_or(StatusCode::INTERNAL_SERVER_ERROR, |entry| entry.status)
}

/// The catalogue as a page of the documentation.
pub fn catalogue_markdown() -> String {
    let mut page = String::from(
        "# Error codes\n\n\
         Generated from the code; `UPDATE_GENERATED=1 cargo test -p auth-http` rewrites it.\n\n\
         Every error is a problem document (RFC 9457, `application/problem+json`). `code` is what\n\
         clients switch on; `detail` repeats it, and of `validation_error` it is the list of errors.\n\n\
         | Code | Status | Title |\n|---|---|---|\n",
    );
    for (code, Entry { status, title }) in catalogue() {
        let _ = writeln!(page, "| `{code}` | {} | {title} |", status.as_u16());
        for (_, status, title) in EXCEPTIONS.iter().filter(|(named, ..)| named == code) {
            let _ = writeln!(page, "| `{code}` | {} | {title} |", status.as_u16());
        }
    }
    page
}

fn catalogue() -> &'static BTreeMap<&'static str, Entry> {
    static CATALOGUE: OnceLock<BTreeMap<&'static str, Entry>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let mut entries = BTreeMap::new();
        for code in EdgeCode::ALL {
            let entry = Entry {
                status: code.status(),
                title: code.title(),
            };
            entries.insert(code.code(), entry);
        }
        for &(code, kind, message) in CONTEXTS.iter().copied().flatten() {
            entries.entry(code).or_insert_with(|| Entry {
                status: status_of(kind),
                title: capitalized(message),
            });
        }
        entries
    })
}

/// The sentence with a capital letter. The catalogue is built once in the life
/// of the process, so that leaking its titles costs nothing.
fn capitalized(message: &'static str) -> &'static str {
    let mut characters = message.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let title: String = first.chain(characters).collect();
    Box::leak(title.into_boxed_str())
}
