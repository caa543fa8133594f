//! The names of keys and channels. Two different things never have one name:
//! a key is a fixed head and then parts that hold no `:`, the last one apart.

use auth_domain::identity::{TokenDigest, TokenPurpose};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::rbac::PolicyRevision;
use auth_domain::security::{LimitRule, Subject};

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
        self.name(&format!("rate:{rule}:{}", subject.as_str()))
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

    /// What the probe of the server deletes; nothing is kept there.
    pub(crate) fn probe(&self) -> String {
        self.name("probe")
    }

    /// The channel of policy news. A server's databases share their channels.
    pub(crate) fn policy_channel(&self, database: u8) -> String {
        self.name(&format!("rbac:policy:{database}"))
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
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

    fn subject() -> impl Strategy<Value = Subject> {
        let login = || "[ab]{1,2}".prop_map(|name| LoginName::parse(&name, 1).unwrap());
        prop_oneof![
            login().prop_map(|login| Subject::login(&login)),
            (1_i64..20).prop_map(|id| Subject::user(UserId::new(id).unwrap())),
            (1_i64..20).prop_map(|id| Subject::session(SessionId::new(id).unwrap())),
            (login(), proptest::option::of(0_u8..3)).prop_map(|(login, host)| {
                Subject::pair(&login, host.map(|host| [192, 0, 2, host].into()))
            }),
        ]
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
}
