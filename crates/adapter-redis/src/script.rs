//! Lua scripts: what must happen at once, and touches one key.

use fred::util::sha1_hash;

/// A script and the hash that the server knows it by.
pub(crate) struct Script {
    pub(crate) lua: &'static str,
    pub(crate) hash: String,
}

impl Script {
    pub(crate) fn new(lua: &'static str) -> Self {
        let hash = sha1_hash(lua);
        Self { lua, hash }
    }
}
