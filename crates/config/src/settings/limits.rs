//! How often something may happen.

use super::small;
use crate::load::Reader;

/// The most that a limit can be.
const MOST: u64 = 1_000_000;

/// How often something may happen; each 0: without limit. The names are those
/// of the domain's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failed sign-ins to one account from one address in 15 minutes.
    pub login_pair: u32,
    /// Failed sign-ins to one account in 15 minutes.
    pub login_account: u32,
    /// Failed sign-ins from one address in 15 minutes.
    pub login_address: u32,
    /// Registrations from one address in an hour.
    pub registration: u32,
    /// Requests for a password reset from one address in an hour.
    pub forgotten_password: u32,
    /// Password resets of one account in an hour.
    pub password_reset: u32,
    /// Wrong one-time tokens from one address in 15 minutes.
    pub wrong_token: u32,
    /// Refreshes of one session in a minute.
    pub rotation: u32,
    /// Wrong shared secrets from one address in 15 minutes.
    pub wrong_secret: u32,
}

pub(super) fn limits(reader: &mut Reader<'_>) -> Limits {
    let mut limit = |name| small(reader.number(name, 0, MOST));
    Limits {
        login_pair: limit("LIMIT_LOGIN_PAIR"),
        login_account: limit("LIMIT_LOGIN_ACCOUNT"),
        login_address: limit("LIMIT_LOGIN_ADDRESS"),
        registration: limit("LIMIT_REGISTRATION"),
        forgotten_password: limit("LIMIT_FORGOTTEN_PASSWORD"),
        password_reset: limit("LIMIT_PASSWORD_RESET"),
        wrong_token: limit("LIMIT_WRONG_TOKEN"),
        rotation: limit("LIMIT_ROTATION"),
        wrong_secret: limit("LIMIT_WRONG_SECRET"),
    }
}

/// How many failed sign-ins raise an alert; 0: none does.
pub(super) fn failed_login_alert_after(reader: &mut Reader<'_>) -> u32 {
    small(reader.number("FAILED_LOGIN_ALERT_AFTER", 0, MOST))
}
