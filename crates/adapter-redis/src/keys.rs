//! The names of keys and channels. Two different things never have one name:
//! a key is a fixed head and then parts that hold no `:`, the last one apart.

use auth_domain::identity::{TokenDigest, TokenPurpose};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::rbac::PolicyRevision;
use auth_domain::security::{LimitRule, Subject};
use sha2::{Digest as _, Sha256};

/// A longer subject stands as its hash.
const MAX_SUBJECT: usize = 100;

/// Makes names that begin with the prefix of the options.
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// The events of a subject under a rule.
    pub(crate) fn rate(&self, rule: LimitRule, subject: &Subject) -> String {
        self.name(&format!("rate:{rule}:{}", plain(subject.as_str())))
    }

    /// A one-time token.
    pub(crate) fn token(&self, purpose: TokenPurpose, digest: &TokenDigest) -> String {
        self.name(&format!("{purpose}:token:{}", hex(digest.as_bytes())))
    }

    /// The admission of a session.
    pub(crate) fn session(&self, session: SessionId) -> String {
        self.name(&format!("session:{session}"))
    }

    /// What a user may do at a revision.
    pub(crate) fn decision(
        &self,
        organization: OrganizationId,
        revision: PolicyRevision,
        user: UserId,
    ) -> String {
        self.name(&format!("rbac:decision:{organization}:{revision}:{user}"))
    }

    /// The channel of policy news. A server's databases share their channels.
    pub(crate) fn policy_channel(&self, database: u8) -> String {
        self.name(&format!("rbac:policy:{database}"))
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// A subject as it stands in a key: itself, or `#` and its SHA-256, which no
/// plain subject begins with.
fn plain(subject: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":._-/|@+".contains(&byte);
    if subject.len() <= MAX_SUBJECT && subject.bytes().all(is_plain) {
        return subject.to_owned();
    }
    format!("#{}", hex(&Sha256::digest(subject)))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use auth_domain::identity::LoginName;
    use proptest::prelude::*;

    use super::*;

    /// What a key stands for. Subjects are compared by their text.
    #[derive(Debug, Clone, PartialEq)]
    enum Thing {
        Rate(LimitRule, Subject),
        Token(TokenPurpose, [u8; 32]),
        Session(i64),
        Decision(i64, i64, i64),
        Channel(u8),
    }

    fn key(keys: &Keys, thing: &Thing) -> String {
        let organization = |id| OrganizationId::new(id).unwrap();
        match thing {
            Thing::Rate(rule, subject) => keys.rate(*rule, subject),
            Thing::Token(purpose, digest) => {
                keys.token(*purpose, &TokenDigest::from_bytes(*digest))
            }
            Thing::Session(id) => keys.session(SessionId::new(*id).unwrap()),
            Thing::Decision(of, revision, user) => keys.decision(
                organization(*of),
                PolicyRevision::new(*revision),
                UserId::new(*user).unwrap(),
            ),
            Thing::Channel(database) => keys.policy_channel(*database),
        }
    }

    fn named(name: &str) -> Option<Subject> {
        let login = LoginName::parse(name, 0).ok()?;
        Some(Subject::account(None, &login))
    }

    /// Subjects that are easily taken for one another: few characters, among
    /// them those that keys are made of.
    fn subject() -> impl Strategy<Value = Subject> {
        let near = "[a1:#|{}é ]{0,3}".prop_filter_map("no login name", |name| named(&name));
        let long = "[ab]{98,102}".prop_filter_map("no login name", |name| named(&name));
        let known = (1_i64..20).prop_map(|id| Subject::user(UserId::new(id).unwrap()));
        let nested = "[a1:|]{0,3}".prop_filter_map("no login name", |name| {
            named(&name).map(|subject| Subject::pair(&subject, None))
        });
        prop_oneof![near, long, known, nested]
    }

    fn thing() -> impl Strategy<Value = Thing> {
        let id = || prop_oneof![1_i64..3, 10_i64..13, 100_i64..113];
        let rule = proptest::sample::select(LimitRule::ALL);
        let purpose = proptest::sample::select(TokenPurpose::ALL);
        let digest = (0_u8..2, 0_u8..2).prop_map(|(first, last)| {
            let mut digest = [0; 32];
            (digest[0], digest[31]) = (first, last);
            digest
        });
        prop_oneof![
            4 => (rule, subject()).prop_map(|(rule, subject)| Thing::Rate(rule, subject)),
            1 => (purpose, digest).prop_map(|(purpose, digest)| Thing::Token(purpose, digest)),
            1 => id().prop_map(Thing::Session),
            4 => (id(), id(), id()).prop_map(|(of, at, user)| Thing::Decision(of, at, user)),
            1 => (0_u8..20).prop_map(Thing::Channel),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn two_things_never_share_a_key(one in thing(), other in thing()) {
            let keys = Keys::new("prefix:");
            prop_assert_eq!(key(&keys, &one) == key(&keys, &other), one == other);
        }
    }

    #[test]
    fn keys_are_literal() {
        let keys = Keys::new("");
        let organization = OrganizationId::DEFAULT;
        let user = UserId::new(7).unwrap();
        let revision = PolicyRevision::new(42);
        assert_eq!(
            keys.decision(organization, revision, user),
            "rbac:decision:1:42:7"
        );
        assert_eq!(keys.session(SessionId::new(9).unwrap()), "session:9");
        assert_eq!(
            keys.rate(LimitRule::Rotation, &Subject::user(user)),
            "rate:rotation:user:7"
        );
        let token = keys.token(
            TokenPurpose::PasswordReset,
            &TokenDigest::from_bytes([171; 32]),
        );
        assert_eq!(token, format!("password_reset:token:{}", "ab".repeat(32)));
    }

    #[test]
    fn an_odd_or_long_subject_stands_as_its_hash() {
        let keys = Keys::new("");
        for name in [
            "a b".to_owned(),
            "{a}".to_owned(),
            "é".to_owned(),
            "a".repeat(200),
        ] {
            let key = keys.rate(LimitRule::LoginAccount, &named(&name).unwrap());
            let hash = key.strip_prefix("rate:login_account:#").unwrap();
            assert_eq!(hash.len(), 64, "{key}");
        }
    }
}
