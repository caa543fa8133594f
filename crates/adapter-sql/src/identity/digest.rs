//! Digests of tokens as columns.

use auth_domain::error::PortError;
use auth_domain::identity::TokenDigest;

pub(super) fn bytes(digest: &TokenDigest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}

pub(super) fn digest(stored: Vec<u8>) -> Result<TokenDigest, PortError> {
    let bytes = stored
        .try_into()
        .or(Err(PortError::corrupt("a token digest")))?;
    Ok(TokenDigest::from_bytes(bytes))
}
