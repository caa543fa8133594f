use auth_domain::jobs::QueueName;
use auth_domain::text::NameKey;
use auth_domain::users::EmailAddress;
use serde::{Deserialize, Serialize};

use crate::jobs::JobData;

/// A mail to be written. It names an address, never a user: it is asked for
/// before it is known whether a user has the address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailJob {
    /// A token that resets the password of the account with the address, if
    /// there is one.
    PasswordReset {
        /// The key of the address.
        address: String,
    },
    /// A token that verifies the address.
    EmailVerification {
        /// The key of the address.
        address: String,
    },
    /// A notice to the address that an account had.
    EmailChanged {
        /// The old address itself.
        address: String,
    },
    /// A notice that the password of the account was set.
    PasswordChanged {
        /// The address itself.
        address: String,
    },
}

impl MailJob {
    /// The queue of mails. With what a job carries it is also written by the
    /// migration that moved the jobs of an older release.
    pub const QUEUE: QueueName = QueueName::new("mail");

    /// A token that resets a password.
    pub fn password_reset(address: &NameKey) -> Self {
        Self::PasswordReset {
            address: address.as_str().to_owned(),
        }
    }

    /// A token that verifies an address.
    pub fn email_verification(address: &NameKey) -> Self {
        Self::EmailVerification {
            address: address.as_str().to_owned(),
        }
    }

    /// A notice to the address that an account had.
    pub fn email_changed(old: &EmailAddress) -> Self {
        Self::EmailChanged {
            address: old.as_str().to_owned(),
        }
    }

    /// A notice that the password of the account was set.
    pub fn password_changed(address: &EmailAddress) -> Self {
        Self::PasswordChanged {
            address: address.as_str().to_owned(),
        }
    }
}

impl JobData for MailJob {
    const QUEUE: QueueName = MailJob::QUEUE;

    /// At most one mail of a kind to an address waits.
    fn dedup_key(&self) -> Option<String> {
        let (kind, address) = match self {
            Self::PasswordReset { address } => ("password_reset", address),
            Self::EmailVerification { address } => ("email_verification", address),
            Self::EmailChanged { address } => ("email_changed", address),
            Self::PasswordChanged { address } => ("password_changed", address),
        };
        Some(format!("{kind}:{address}"))
    }
}
