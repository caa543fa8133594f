//! What processes share beside the database: Redis, or its twins in this
//! process.

use std::sync::Arc;

use auth_config::Settings;
use auth_domain::clock::Clock;
use auth_domain::health::HealthProbe;
use auth_domain::identity::{OneTimeTokenIndex, SessionCache};
use auth_domain::ids::IdSource;
use auth_domain::rbac::{DecisionCache, PolicyBroadcast};
use auth_domain::security::RateLimiter;
use auth_memory::{
    FallbackRateLimiter, MemoryOneTimeTokenIndex, MemoryRateLimiter, MemorySessionCache,
};
use auth_redis::{
    RedisConnection, RedisDecisionCache, RedisOneTimeTokenIndex, RedisOptions,
    RedisPolicyBroadcast, RedisProbe, RedisRateLimiter, RedisSessionCache,
};

use secrecy::SecretString;

/// The ports that Redis or its twins stand behind. What only makes sense
/// between processes is there with Redis only.
pub(crate) struct Shared {
    pub(crate) limiter: Arc<dyn RateLimiter>,
    pub(crate) token_index: Arc<dyn OneTimeTokenIndex>,
    pub(crate) sessions: Arc<dyn SessionCache>,
    pub(crate) decisions: Option<Arc<dyn DecisionCache>>,
    pub(crate) broadcast: Option<Arc<dyn PolicyBroadcast>>,
    pub(crate) probe: Option<Arc<dyn HealthProbe>>,
}

impl Shared {
    /// Redis where the settings name it. It is connected in the background:
    /// the service starts and works without it.
    pub(crate) fn connect(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn IdSource>,
    ) -> Self {
        let own: Arc<dyn RateLimiter> = Arc::new(MemoryRateLimiter::new(Arc::clone(clock)));
        let Some(redis) = &settings.redis else {
            return Self {
                limiter: own,
                token_index: Arc::new(MemoryOneTimeTokenIndex::new(Arc::clone(clock))),
                sessions: Arc::new(MemorySessionCache::new(Arc::clone(clock))),
                decisions: None,
                broadcast: None,
                probe: None,
            };
        };
        let connection = RedisConnection::connect(RedisOptions {
            host: redis.host.clone(),
            port: redis.port,
            user: redis.user.clone(),
            password: redis.password.clone(),
            database: redis.database,
            command_timeout: redis.timeout,
            key_prefix: String::new(),
            seal_key: seal_key(settings, &**ids),
        });
        let limiter = Arc::new(RedisRateLimiter::new(connection.clone(), Arc::clone(ids)));
        Self {
            limiter: Arc::new(FallbackRateLimiter::new(limiter, own)),
            token_index: Arc::new(RedisOneTimeTokenIndex::new(connection.clone())),
            sessions: Arc::new(RedisSessionCache::new(connection.clone())),
            decisions: Some(Arc::new(RedisDecisionCache::new(connection.clone()))),
            broadcast: Some(Arc::new(RedisPolicyBroadcast::new(connection.clone()))),
            probe: Some(Arc::new(RedisProbe::new(connection))),
        }
    }
}

/// What signs tokens is known to every instance, and to nobody else. One that
/// makes its key itself has no other instance beside it.
fn seal_key(settings: &Settings, ids: &dyn IdSource) -> SecretString {
    let shared = settings.secrets.token_key.clone();
    let key = shared.or_else(|| settings.tokens.ed25519_key.clone());
    key.unwrap_or_else(|| {
        let random: Vec<String> = (0..4).map(|_| format!("{:016x}", ids.random())).collect();
        random.concat().into()
    })
}
