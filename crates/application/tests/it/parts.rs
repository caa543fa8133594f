//! The adapters and options that the application of these tests is made of.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth_application::identity::SessionRules;
use auth_application::mail::{MailLinks, TokenLives};
use auth_application::security::Quotas;
use auth_application::{Options, Ports};
use auth_casbin::CasbinPolicyEngine;
use auth_crypto::{
    ChaChaRefreshTokens, JwtIssuer, JwtOptions, RandomOneTimeTokens, SigningKey, SystemIds,
};
use auth_domain::clock::Clock;
use auth_domain::identity::{MockCommonPasswords, MockPasswordHasher, PasswordHash, Verification};
use auth_domain::mail::{Mail, MailError, Mailer};
use auth_domain::security::{LoginNameHash, MockLoginNameHasher};
use auth_memory::{MemoryOneTimeTokenIndex, MemoryRateLimiter};
use auth_sql::SqlStore;
use auth_testkit::clock::ManualClock;

/// The one password that the list of common ones holds.
pub(crate) const COMMON: &str = "password1234";

/// Stands for every login name that no account has.
pub(crate) const NAME_HASH: LoginNameHash = LoginNameHash([7; 32]);

pub(crate) fn ports(
    store: &Arc<SqlStore>,
    policies: &Arc<CasbinPolicyEngine>,
    clock: &Arc<ManualClock>,
    postbox: &Arc<Postbox>,
) -> Ports {
    let time = || Arc::clone(clock) as Arc<dyn Clock>;
    let mut common = MockCommonPasswords::new();
    common
        .expect_contains()
        .returning(|password| password.expose() == COMMON);
    let mut login_names = MockLoginNameHasher::new();
    login_names.expect_hash().return_const(NAME_HASH);
    Ports {
        store: Arc::clone(store) as _,
        policy_rows: Arc::clone(store) as _,
        policies: Arc::clone(policies) as _,
        policy_feed: Arc::clone(policies) as _,
        broadcast: None,
        decisions: None,
        hasher: Arc::new(hasher()),
        common_passwords: Arc::new(common),
        issuer: Arc::new(issuer()),
        refresh_tokens: Arc::new(ChaChaRefreshTokens),
        one_time_tokens: Arc::new(RandomOneTimeTokens),
        token_index: Arc::new(MemoryOneTimeTokenIndex::new(time())),
        sessions: None,
        login_names: Arc::new(login_names),
        limiter: Arc::new(MemoryRateLimiter::new(time())),
        mailer: Arc::clone(postbox) as _,
        ids: Arc::new(SystemIds),
        clock: time(),
    }
}

/// No limits, no cap of sessions, an alert after three failures.
pub(crate) fn options() -> Options {
    Options {
        sessions: SessionRules {
            access: Duration::from_mins(15),
            legacy_access: Duration::from_hours(24),
            refresh: Duration::from_hours(24 * 14),
            absolute: Duration::from_hours(24 * 90),
            per_user: 0,
        },
        token_lives: TokenLives {
            password_reset: Duration::from_hours(1),
            email_verification: Duration::from_hours(24),
        },
        quotas: Quotas::NONE,
        mail_links: MailLinks::default(),
        failed_login_alert_after: 3,
    }
}

fn issuer() -> JwtIssuer {
    let options = JwtOptions {
        signing: SigningKey::Shared("a key of the tests, long enough for HS256".into()),
        accepted_shared: None,
        accepted_public: String::new(),
        issuer: "tests".to_owned(),
        audience: None,
        cached_tokens: 0,
    };
    JwtIssuer::new(options).unwrap()
}

/// A hasher whose hashes tell the password, for the tests to compare.
fn hasher() -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_hash()
        .returning(|password| Ok(hashed(password.expose())));
    hasher.expect_verify().returning(|password, hash| {
        let (new, old) = (hashed(password.expose()), outdated(password.expose()));
        Ok(Verification {
            matches: hash
                .as_ref()
                .is_some_and(|hash| *hash == new || *hash == old),
            outdated: hash == Some(old),
            took: Duration::ZERO,
        })
    });
    hasher.expect_slowest().returning(|_| Ok(Duration::ZERO));
    hasher
}

/// The hash of a password.
pub(crate) fn hashed(password: &str) -> PasswordHash {
    PasswordHash::new(format!("hash of {password}"))
}

/// A hash of a password that is of an older kind.
pub(crate) fn outdated(password: &str) -> PasswordHash {
    PasswordHash::new(format!("old hash of {password}"))
}

/// Keeps the mails that it was handed.
#[derive(Debug, Default)]
pub(crate) struct Postbox {
    sent: Mutex<Vec<Mail>>,
}

impl Postbox {
    /// The mails since the call before.
    pub(crate) fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }
}

#[async_trait]
impl Mailer for Postbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.sent.lock().unwrap().push(mail.clone());
        Ok(())
    }
}
