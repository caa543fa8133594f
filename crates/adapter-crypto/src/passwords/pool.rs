//! A fixed set of threads with a short queue in front of them. It never makes
//! a caller wait for a place: it says at once that there is none.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use metrics::Gauge;
use tokio::sync::oneshot;

use super::memory::Memory;

/// All threads are busy and all places in the queue are taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// The threads. Dropping it ends them after the jobs that they are running.
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `threads` threads, each with memory for `blocks` blocks, and
    /// `places` places in the queue. `depth` shows how many jobs wait.
    pub(super) fn start(
        threads: usize,
        places: usize,
        blocks: usize,
        depth: Gauge,
    ) -> io::Result<Self> {
        let mut pool = Self {
            queue: Arc::new(Queue::new(threads.saturating_add(places), depth)),
            threads: Vec::with_capacity(threads),
        };
        for number in 0..threads {
            let queue = Arc::clone(&pool.queue);
            let thread = thread::Builder::new().name(format!("hash-{number}"));
            let thread = thread.spawn(move || work_off(&queue, &mut Memory::new(blocks)))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Hands in work. The receiver gets the result; when the receiver is
    /// dropped before the work began, the work is left out.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Full> {
        let (reply, receiver) = oneshot::channel();
        self.queue.push(Box::new(Call { work, reply }))?;
        Ok(receiver)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // The panic of a thread was reported when it happened.
            drop(thread.join());
        }
    }
}

fn work_off(queue: &Queue, memory: &mut Memory) {
    lower_priority();
    while let Some(job) = queue.next() {
        // A job that panics loses its reply, which its caller notices; the
        // thread lives on.
        drop(catch_unwind(AssertUnwindSafe(|| job.run(memory))));
        queue.finished();
    }
}

/// Makes this thread yield to the threads that serve requests.
#[cfg(target_os = "linux")]
fn lower_priority() {
    const NICENESS: i32 = 10;
    // A sandbox may forbid it; the thread then runs as the others do.
    let _ = rustix::process::nice(NICENESS);
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

trait Job: Send {
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>, memory: &mut Memory);
}

struct Call<W, T> {
    work: W,
    reply: oneshot::Sender<T>,
}

impl<W: FnOnce(&mut Memory) -> T + Send, T: Send> Job for Call<W, T> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) {
        let result = (self.work)(memory);
        // The caller may have gone meanwhile.
        drop(self.reply.send(result));
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    most: usize,
    depth: Gauge,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Box<dyn Job>>,
    running: usize,
    closed: bool,
}

impl Queue {
    /// A queue that admits `most` jobs, waiting and running together: whether
    /// an idle thread has already woken up decides nothing.
    fn new(most: usize, depth: Gauge) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            most,
            depth,
        }
    }

    fn push(&self, job: Box<dyn Job>) -> Result<(), Full> {
        let mut state = self.lock();
        if state.admitted() >= self.most {
            state.waiting.retain(|job| !job.is_abandoned());
        }
        if state.admitted() >= self.most {
            return Err(Full);
        }
        state.waiting.push_back(job);
        self.show_depth(&state);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for a job whose caller is still there; `None`: the queue closed.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.waiting.pop_front() else {
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            self.show_depth(&state);
            if !job.is_abandoned() {
                state.running += 1;
                return Some(job);
            }
        }
        None
    }

    fn finished(&self) {
        self.lock().running -= 1;
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
        self.show_depth(&state);
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show_depth(&self, state: &State) {
        let depth = u32::try_from(state.waiting.len());
        self.depth.set(depth.unwrap_or(u32::MAX));
    }
}

impl State {
    fn admitted(&self) -> usize {
        self.waiting.len() + self.running
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A pool of one thread that is held until the sender is dropped.
    fn held(places: usize) -> (Pool, mpsc::Sender<()>, oneshot::Receiver<()>) {
        let pool = Pool::start(1, places, 8, Gauge::noop()).unwrap();
        let (release, released) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let job = pool.submit(move |_| {
            begun.send(()).unwrap();
            let _ = released.recv();
        });
        has_begun.recv().unwrap();
        (pool, release, job.unwrap())
    }

    #[test]
    fn a_job_past_the_last_place_is_refused_at_once() {
        let (pool, release, first) = held(2);
        let waiting: Vec<_> = (0..2).map(|n| pool.submit(move |_| n).unwrap()).collect();
        assert_eq!(pool.submit(|_| ()).err(), Some(Full));
        drop(release);
        first.blocking_recv().unwrap();
        for (number, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(waiting.blocking_recv(), Ok(number));
        }
        let again = pool.submit(|_| 7).unwrap();
        assert_eq!(again.blocking_recv(), Ok(7));
    }

    #[test]
    fn a_job_whose_caller_went_away_is_skipped() {
        let (pool, release, _first) = held(2);
        let (ran, has_run) = mpsc::channel::<&str>();
        let abandoned_ran = ran.clone();
        let abandoned = pool.submit(move |_| abandoned_ran.send("abandoned"));
        drop(abandoned.unwrap());
        let waiting = pool.submit(move |_| ran.send("waiting")).unwrap();
        drop(release);
        waiting.blocking_recv().unwrap().unwrap();
        assert_eq!(has_run.iter().collect::<Vec<_>>(), ["waiting"]);
    }

    #[test]
    fn a_caller_that_went_away_leaves_its_place_to_the_next() {
        let (pool, release, _first) = held(1);
        drop(pool.submit(|_| ()).unwrap());
        let next = pool.submit(|_| 3).unwrap();
        drop(release);
        assert_eq!(next.blocking_recv(), Ok(3));
    }

    #[test]
    fn a_panicking_job_tells_its_caller_and_leaves_the_thread_alive() {
        let pool = Pool::start(1, 1, 8, Gauge::noop()).unwrap();
        let panicking = pool.submit(|_| panic!("on purpose")).unwrap();
        assert!(panicking.blocking_recv().is_err());
        let next = pool.submit(|_| 3).unwrap();
        assert_eq!(next.blocking_recv(), Ok(3));
    }

    #[test]
    fn dropping_the_pool_ends_its_threads_and_drops_what_waits() {
        let (pool, release, first) = held(1);
        let waiting = pool.submit(|_| ()).unwrap();
        let queue = Arc::downgrade(&pool.queue);
        let dropping = thread::spawn(move || drop(pool));
        assert!(waiting.blocking_recv().is_err(), "it never ran");
        drop(release);
        dropping.join().unwrap();
        assert_eq!(first.blocking_recv(), Ok(()), "the running job ended");
        assert_eq!(queue.strong_count(), 0, "no thread holds the queue");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn hash_threads_have_a_name_and_yield_to_others() {
        let pool = Pool::start(1, 1, 8, Gauge::noop()).unwrap();
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let here = niceness();
        let there = pool.submit(move |_| (niceness(), thread::current().name().map(str::to_owned)));
        let (there, name) = there.unwrap().blocking_recv().unwrap();
        assert_eq!(there, (here + 10).min(19));
        assert_eq!(name.as_deref(), Some("hash-0"));
    }
}
