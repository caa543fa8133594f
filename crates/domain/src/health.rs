//! Whether something that the service depends on answers.

use async_trait::async_trait;

use crate::error::PortError;

/// A probe of one dependency, for `/readyz`.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// A short, stable name: `database`, `migrations`, `redis`.
    fn name(&self) -> &'static str;

    /// Whether the service cannot work without it: only such a probe makes
    /// `/readyz` answer 503.
    fn required(&self) -> bool;

    /// MUST do one real operation on the dependency (not only open a
    /// connection) and change nothing. The caller bounds the time.
    async fn probe(&self) -> Result<(), PortError>;
}
