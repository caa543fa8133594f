use std::io;
use std::path::{Path, PathBuf};

use auth_config::{Settings, TokenAlgorithm, secrets};
use secrecy::SecretString;

use super::DataDir;
use crate::Failure;

/// The secrets in force: set ones, and in embedded mode those of the data
/// directory.
pub(crate) struct Secrets {
    /// Signs access tokens, unless a private key does.
    pub(crate) token_key: Option<SecretString>,
    /// `X-Internal-Secret`.
    pub(crate) internal: Option<SecretString>,
    /// `X-Bootstrap-Secret`.
    pub(crate) bootstrap: Option<SecretString>,
    created: Vec<PathBuf>,
}

impl Secrets {
    /// Takes what is set, and in embedded mode makes what is missing.
    pub(crate) fn resolve(settings: &Settings, dir: Option<&DataDir>) -> Result<Self, Failure> {
        let mut created = Vec::new();
        let mut or_stored = |set: &Option<SecretString>, name: &str| match (set, dir) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Some(dir)) => stored(dir.path(), name, &mut created).map(Some),
            (None, None) => Ok(None),
        };
        let set = &settings.secrets;
        // With a key pair of one's own nothing is signed under a made secret.
        let token_key = match settings.tokens.algorithm() {
            TokenAlgorithm::EdDsa => set.token_key.clone(),
            TokenAlgorithm::Hs256 => or_stored(&set.token_key, "token-key")?,
        };
        let internal = or_stored(&set.internal, "internal-api-secret")?;
        let bootstrap = or_stored(&set.bootstrap, "bootstrap-secret")?;
        Ok(Self {
            token_key,
            internal,
            bootstrap,
            created,
        })
    }

    /// The files made just now.
    pub(crate) fn created(&self) -> &[PathBuf] {
        &self.created
    }
}

fn stored(dir: &Path, name: &str, created: &mut Vec<PathBuf>) -> Result<SecretString, Failure> {
    let generate = || auth_crypto::random_secret().map_err(io::Error::other);
    let secret = secrets::ensure(dir, name, generate).map_err(|e| {
        let path = dir.join("secrets").join(name);
        Failure::caused(format!("the secret {} cannot be used", path.display()), &e)
    })?;
    if secret.created {
        created.push(secret.path);
    }
    Ok(secret.value)
}
