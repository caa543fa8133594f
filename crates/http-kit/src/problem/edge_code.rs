//! The codes that the edge itself answers.

use actix_web::http::StatusCode;

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
    /// What came is no request (RFC 9112, section 2.2).
    BadRequest => "bad_request", BAD_REQUEST, "What came is no HTTP request";
    /// The head of a request took too long to arrive.
    RequestTimeout => "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// The head of a request is larger than the server takes.
    HeadersTooLarge => "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large";
    /// The path does not know the method.
    MethodNotAllowed => "method_not_allowed", METHOD_NOT_ALLOWED, "Method Not Allowed";
    /// The body is larger than allowed.
    PayloadTooLarge => "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body has a coding.
    UnsupportedCoding => "unsupported_content_coding", UNSUPPORTED_MEDIA_TYPE, "The body must not be coded";
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
    /// The policy never had the revision that was asked for.
    RevisionUnknown => "revision_unknown", CONFLICT, "The policy never had that revision";
    /// A defect of ours.
    InternalError => "internal_error", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
}
