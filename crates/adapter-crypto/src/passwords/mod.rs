//! Passwords: hashed and compared on threads of their own.
//!
//! A hash costs tens of milliseconds and 19 MiB on purpose. The threads bound
//! both: never more hashes at once than threads, never more callers waiting
//! than the queue has places.

mod memory;
mod pool;
mod scheme;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use argon2::Params;
use async_trait::async_trait;
use auth_domain::identity::{HashError, Password, PasswordHash, PasswordHasher, Verification};
use metrics::{Counter, Histogram, Unit, counter, gauge, histogram};

use self::memory::Memory;
use self::pool::{Full, Pool};
use self::scheme::{MAX_ITERATIONS, MAX_LANES, MAX_MEMORY_KIB, Scheme};
use crate::random::RandomError;

const QUEUE_DEPTH: &str = "auth_hash_queue_depth";
const REJECTED: &str = "auth_hash_rejected_total";
const SECONDS: &str = "auth_hash_seconds";

/// What an [`Argon2PasswordHasher`] is made of. The defaults of the hash are
/// those of the OWASP password storage cheat sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argon2Options {
    /// Memory of one hash in KiB: at least 8 per lane, at most 1 GiB. Default
    /// 19 MiB.
    pub memory_kib: u32,
    /// Passes over the memory, 1 to 100. Default 2.
    pub iterations: u32,
    /// Lanes, 1 to 64. They are computed one after the other. Default 1.
    pub lanes: u32,
    /// Hash threads, at least 1. Default: as many as the machine runs at once.
    pub threads: usize,
    /// How many callers may wait while all threads are busy. Default 64.
    pub queue: usize,
}

impl Argon2Options {
    /// Whether a hasher of these options can be made. Starts nothing.
    pub fn check(&self) -> Result<(), HasherSetupError> {
        params(self).map(drop)
    }
}

impl Default for Argon2Options {
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            iterations: 2,
            lanes: 1,
            threads: thread::available_parallelism().map_or(1, usize::from),
            queue: 64,
        }
    }
}

/// Why an [`Argon2PasswordHasher`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HasherSetupError {
    /// `memory_kib` is out of range.
    #[error("the hash memory must be 8 KiB per lane to {MAX_MEMORY_KIB} KiB")]
    Memory,
    /// `iterations` is out of range.
    #[error("the hash iterations must be 1 to {MAX_ITERATIONS}")]
    Iterations,
    /// `lanes` is out of range.
    #[error("the hash lanes must be 1 to {MAX_LANES}")]
    Lanes,
    /// `threads` is zero.
    #[error("there must be at least 1 hash thread")]
    Threads,
    /// `argon2` refuses the parameters: a defect.
    #[error("the hash parameters are refused: {0}")]
    Refused(argon2::Error),
    /// A thread could not be started.
    #[error("a hash thread could not be started: {0}")]
    Start(#[from] io::Error),
    /// No randomness for the dummy hash.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Hashes with Argon2id, compares with Argon2 and bcrypt hashes, on its own
/// threads. Needs no runtime of its own and works under any.
pub struct Argon2PasswordHasher {
    scheme: Arc<Scheme>,
    pool: Pool,
    options: Argon2Options,
    rejected: Counter,
    hash_seconds: Histogram,
    verify_seconds: Histogram,
}

impl Argon2PasswordHasher {
    /// Checks the options and starts the threads. They end when the hasher is
    /// dropped.
    pub fn new(options: Argon2Options) -> Result<Self, HasherSetupError> {
        let scheme = Scheme::new(params(&options)?)?;
        describe();
        let depth = gauge!(QUEUE_DEPTH);
        depth.set(0.0);
        Ok(Self {
            pool: Pool::start(options.threads, options.queue, scheme.block_count(), depth)?,
            scheme: Arc::new(scheme),
            options,
            rejected: counter!(REJECTED),
            hash_seconds: histogram!(SECONDS, "operation" => "hash"),
            verify_seconds: histogram!(SECONDS, "operation" => "verify"),
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        seconds: &Histogram,
        work: impl FnOnce(&Scheme, &mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let scheme = Arc::clone(&self.scheme);
        let seconds = seconds.clone();
        let submitted = self.pool.submit(move |memory| {
            let start = Instant::now();
            let result = work(&scheme, memory);
            seconds.record(start.elapsed());
            result
        });
        let reply = submitted.map_err(|Full| {
            self.rejected.increment(1);
            HashError::Busy
        })?;
        let lost = || HashError::Failed("the hash thread gave no answer".to_owned());
        reply.await.unwrap_or_else(|_| Err(lost()))
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let password = password.clone();
        let work = move |scheme: &Scheme, memory: &mut Memory| scheme.hash(&password, memory);
        self.run(&self.hash_seconds, work).await
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError> {
        let password = password.clone();
        let work = move |scheme: &Scheme, memory: &mut Memory| {
            scheme.verify(&password, hash.as_ref(), memory)
        };
        self.run(&self.verify_seconds, work).await
    }

    async fn slowest(&self, stored: Option<PasswordHash>) -> Result<Duration, HashError> {
        let work =
            move |scheme: &Scheme, memory: &mut Memory| scheme.slowest(stored.as_ref(), memory);
        self.run(&self.verify_seconds, work).await
    }
}

impl fmt::Debug for Argon2PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2PasswordHasher")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn params(options: &Argon2Options) -> Result<Params, HasherSetupError> {
    if !(1..=MAX_LANES).contains(&options.lanes) {
        return Err(HasherSetupError::Lanes);
    }
    if !(8 * options.lanes..=MAX_MEMORY_KIB).contains(&options.memory_kib) {
        return Err(HasherSetupError::Memory);
    }
    if !(1..=MAX_ITERATIONS).contains(&options.iterations) {
        return Err(HasherSetupError::Iterations);
    }
    if options.threads == 0 {
        return Err(HasherSetupError::Threads);
    }
    let params = Params::new(options.memory_kib, options.iterations, options.lanes, None);
    params.map_err(HasherSetupError::Refused)
}

fn describe() {
    metrics::describe_gauge!(QUEUE_DEPTH, "Passwords that wait for a hash thread.");
    metrics::describe_counter!(
        REJECTED,
        "Passwords refused because threads and queue were full."
    );
    metrics::describe_histogram!(
        SECONDS,
        Unit::Seconds,
        "Hashing or comparing a password, without the wait before it."
    );
}
