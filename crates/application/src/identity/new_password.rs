//! The rule for every password that is set.

use std::sync::Arc;

use auth_domain::identity::{CommonPasswords, Password, PasswordHash, PasswordHasher, is_own_name};

use crate::error::use_case_error;

/// Hashes passwords that shall be set, and refuses the ones that an attacker
/// tries first.
#[derive(Clone)]
pub struct NewPasswords {
    hasher: Arc<dyn PasswordHasher>,
    common: Arc<dyn CommonPasswords>,
}

use_case_error! {
    /// Why a password is not set.
    PasswordRefused {
        /// It is on the list of common passwords, or one of its owner's names.
        TooCommon => "password_too_common", Unprocessable, "the password is too common, or one of the user's own names";
    }
}

impl NewPasswords {
    /// Rules over a hasher and a list.
    pub fn new(hasher: Arc<dyn PasswordHasher>, common: Arc<dyn CommonPasswords>) -> Self {
        Self { hasher, common }
    }

    /// Hashes a password for a user of these names.
    pub async fn hash<'a>(
        &self,
        password: &Password,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<PasswordHash, PasswordRefused> {
        if self.common.contains(password) || is_own_name(password, names) {
            return Err(PasswordRefused::TooCommon);
        }
        Ok(self.hasher.hash(password).await?)
    }
}
