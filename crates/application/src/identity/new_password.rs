//! The rule for every password that is set.

use std::sync::Arc;

use auth_domain::identity::{
    CommonPasswords, HashError, Password, PasswordHash, PasswordHasher, is_own_name,
};

/// Hashes passwords that shall be set, and refuses the ones that an attacker
/// tries first.
#[derive(Clone)]
pub struct NewPasswords {
    hasher: Arc<dyn PasswordHasher>,
    common: Arc<dyn CommonPasswords>,
}

/// Why a password is not set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordRefused {
    /// It is on the list of common passwords, or one of its owner's names.
    #[error("the password is too common")]
    TooCommon,
    /// It could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

impl NewPasswords {
    /// Rules over a hasher and a list.
    pub fn new(hasher: Arc<dyn PasswordHasher>, common: Arc<dyn CommonPasswords>) -> Self {
        Self { hasher, common }
    }

    /// Hashes a password for somebody of these names.
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

/// Lets `?` lift a refused password into a context's error.
macro_rules! password_refused_into {
    ($($error:ty),+) => {$(
        impl From<crate::identity::PasswordRefused> for $error {
            fn from(refused: crate::identity::PasswordRefused) -> Self {
                match refused {
                    crate::identity::PasswordRefused::TooCommon => Self::PasswordTooCommon,
                    crate::identity::PasswordRefused::Hash(error) => error.into(),
                }
            }
        }
    )+};
}
pub(crate) use password_refused_into;
