//! How often something may happen.

use crate::kinds::number;
use crate::setting::Setting;

section! {
    /// How often something may happen; each 0: without limit. The names are
    /// those of the domain's rules.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Limits {
        /// Failed sign-ins to one account from one address in 15 minutes; 0: no limit.
        LIMIT_LOGIN_PAIR => pub login_pair: u32 = count().default("10"),
        /// Failed sign-ins to one account in 15 minutes; 0: no limit.
        LIMIT_LOGIN_ACCOUNT => pub login_account: u32 = count().default("100"),
        /// Failed sign-ins from one address in 15 minutes; 0: no limit.
        LIMIT_LOGIN_ADDRESS => pub login_address: u32 = count().default("100"),
        /// Successful sign-ins of one user in 15 minutes; 0: no limit.
        LIMIT_SIGN_IN => pub sign_in: u32 = count().default("300"),
        /// Registrations from one address in an hour; 0: no limit.
        LIMIT_REGISTRATION => pub registration: u32 = count().default("100"),
        /// Requests for a password reset from one address in an hour; 0: no limit.
        LIMIT_FORGOTTEN_PASSWORD => pub forgotten_password: u32 = count().default("100"),
        /// Password resets of one account in an hour; 0: no limit.
        LIMIT_PASSWORD_RESET => pub password_reset: u32 = count().default("5"),
        /// Mails that verify the address of one account in an hour; 0: no limit.
        LIMIT_VERIFICATION_MAIL => pub verification_mail: u32 = count().default("5"),
        /// Wrong one-time tokens from one address in 15 minutes; 0: no limit.
        LIMIT_WRONG_TOKEN => pub wrong_token: u32 = count().default("20"),
        /// Refreshes of one session in a minute; 0: no limit.
        LIMIT_ROTATION => pub rotation: u32 = count().default("60"),
        /// Wrong shared secrets from one address in 15 minutes; 0: no limit.
        LIMIT_WRONG_SECRET => pub wrong_secret: u32 = count().default("20"),
        /// Wrong refresh tokens from one address in 15 minutes; 0: no limit.
        LIMIT_WRONG_REFRESH_TOKEN => pub wrong_refresh_token: u32 = count().default("60"),
        /// Changes of a user's own e-mail address in an hour; 0: no limit.
        LIMIT_ADDRESS_CHANGE => pub address_change: u32 = count().default("10"),
        /// Answers to one caller that a name or an address is taken, in 15 minutes; 0: no limit.
        LIMIT_TAKEN_NAME => pub taken_name: u32 = count().default("30"),
    }
}

section! {
    /// What raises a security alert.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Alerts {
        /// Failed sign-ins in 15 minutes that raise a security alert; 0: never.
        FAILED_LOGIN_ALERT_AFTER => pub failed_login_after: u32 = count().default("5"),
    }
}

const fn count() -> Setting<u32> {
    number(0, 1_000_000)
}
