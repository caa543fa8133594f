//! Rate limits: how often something may happen before it is refused
//! (RFC 6585, section 4).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use async_trait::async_trait;

use crate::error::PortError;
use crate::identity::{LoginName, TokenDigest};
use crate::ids::{SessionId, UserId};
use crate::wire_enum;

wire_enum! {
    /// What is counted.
    LimitRule {
        /// Failed sign-ins to one account from one address.
        LoginPair = "login_pair",
        /// Failed sign-ins to one account.
        LoginAccount = "login_account",
        /// Failed sign-ins from one address.
        LoginAddress = "login_address",
        /// Successful sign-ins of one user.
        SignIn = "sign_in",
        /// Registrations from one address.
        Registration = "registration",
        /// Requests for a password reset from one address.
        ForgottenPassword = "forgotten_password",
        /// Password resets of one account.
        PasswordReset = "password_reset",
        /// Mails that verify the address of one account.
        VerificationMail = "verification_mail",
        /// Wrong one-time tokens from one address.
        WrongToken = "wrong_token",
        /// Refreshes of one session.
        Rotation = "rotation",
        /// Wrong refresh tokens from one address.
        WrongRefreshToken = "wrong_refresh_token",
        /// Wrong shared secrets from one address.
        WrongSecret = "wrong_secret",
        /// Changes of a user's own e-mail address.
        AddressChange = "address_change",
        /// Answers to one caller that a name or an address is taken.
        TakenName = "taken_name",
    }
}

/// How often in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How often; 0: without limit.
    pub limit: u32,
    /// In how long, sliding.
    pub window: Duration,
}

/// The account or address that a count is about. Two different subjects never
/// have the same key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// An address: IPv6 by its /64, which is what one subscriber has, mapped
    /// IPv4 as IPv4. Requests without one share a subject.
    pub fn address(address: Option<IpAddr>) -> Self {
        Self(format!("address:{}", folded(address)))
    }

    /// A login name as it was typed, whether or not an account has it: what it
    /// leads to is no part of the subject, so that no limit tells. A part of
    /// the SHA-256 of its key stands for it, so that all are of one size.
    pub fn login(login: &LoginName) -> Self {
        let digest = TokenDigest::of(login.key().as_str());
        Self(format!("name:{:.32}", digest.to_hex()))
    }

    /// A login name as it was typed at one address.
    pub fn pair(login: &LoginName, address: Option<IpAddr>) -> Self {
        Self(format!("pair:{}|{}", folded(address), Self::login(login).0))
    }

    /// A session.
    pub fn session(session: SessionId) -> Self {
        Self(format!("session:{session}"))
    }

    /// A user.
    pub fn user(user: UserId) -> Self {
        Self(format!("user:{user}"))
    }

    /// The key, for the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What of an address counts as one client.
pub fn folded(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "none".to_owned(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => {
            let network = u128::from(v6) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

/// One count: what, about which subject, and how much is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// What is counted.
    pub rule: LimitRule,
    /// The subject that it is about.
    pub subject: Subject,
    /// How much is allowed.
    pub quota: Quota,
}

/// Names one counted event, so that it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket(pub String);

/// Refused: when to come again, and under which quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts ({rule}): again in {} s", retry_after.as_secs())]
pub struct RateLimited {
    /// What was counted.
    pub rule: LimitRule,
    /// The quota.
    pub quota: Quota,
    /// When the next event would be granted, if none happens until then.
    pub retry_after: Duration,
}

/// What asking for one more event came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was counted.
    Granted(Ticket),
    /// The bucket is full; nothing was counted.
    Refused(RateLimited),
}

/// Counts events in sliding windows.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync + fmt::Debug {
    /// Counts one event, unless the bucket is full: then nothing is counted,
    /// so that a client that keeps trying is not locked out for longer.
    ///
    /// In any window of the quota's length MUST be at most as many events as
    /// the quota allows, also when many ask at once; an event MUST be forgotten
    /// when the window has passed. Subjects and rules MUST NOT touch each
    /// other.
    async fn take(&self, bucket: &Bucket) -> Result<Verdict, PortError>;

    /// Forgets one counted event, which turned out not to count. One that is
    /// not there (any more) changes nothing.
    async fn give_back(&self, bucket: &Bucket, ticket: &Ticket) -> Result<(), PortError>;

    /// Forgets all events of a bucket.
    async fn clear(&self, bucket: &Bucket) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Subject {
        Subject::address(Some(text.parse().unwrap()))
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_subject() {
        assert_eq!(address("2001:db8:1:2::5"), address("2001:db8:1:2:ff::9"));
        assert_ne!(address("2001:db8:1:2::5"), address("2001:db8:1:3::5"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn a_name_is_a_subject_of_one_size_however_it_is_written() {
        let login = |name: &str| LoginName::parse(name, 1).unwrap();
        let ana = Subject::login(&login("Ana"));
        assert_eq!(ana, Subject::login(&login("ANA")));
        assert_ne!(ana, Subject::login(&login("ana@example.com")));
        let long = Subject::login(&login(&"a".repeat(255)));
        assert_eq!(ana.as_str().len(), long.as_str().len());
        let here = Subject::pair(&login("Ana"), Some([192, 0, 2, 1].into()));
        assert_eq!(here.as_str(), format!("pair:192.0.2.1|{}", ana.as_str()));
        assert_ne!(here, Subject::pair(&login("Ana"), None));
        assert_ne!(
            here,
            Subject::pair(&login("Bea"), Some([192, 0, 2, 1].into()))
        );
    }
}
