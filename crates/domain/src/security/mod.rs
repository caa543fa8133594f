//! Sign-in activity, security alerts, and the limits that slow attackers down.

mod alerts;
mod limits;
mod logins;

pub use alerts::{AlertType, NewAlert, SecurityAlertRepo};
pub use limits::{
    Bucket, LimitRule, Quota, RateLimited, RateLimiter, Subject, Ticket, Verdict, folded,
};
pub use logins::{
    LoginActivityLog, LoginActivityQueries, LoginMethod, LoginNameHash, LoginNameHasher,
    LoginRecord, LoginSubject, RepeatedFailures,
};
#[cfg(feature = "mocks")]
pub use {
    alerts::MockSecurityAlertRepo,
    limits::MockRateLimiter,
    logins::{MockLoginActivityLog, MockLoginActivityQueries, MockLoginNameHasher},
};
