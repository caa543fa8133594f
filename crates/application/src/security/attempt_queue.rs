//! How many attempts on one subject are under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_domain::error::PortError;
use auth_domain::security::Subject;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::Infrastructure;

/// How many attempts on one subject go on together; the others wait in line.
///
/// An attempt holds its place in a limit until it turned out to be right. With
/// few of them under way, many right ones at once never fill the limit.
const AT_ONCE: usize = 4;

/// How long an attempt stays in line.
const WAIT: Duration = Duration::from_secs(10);

/// The subjects with attempts under way.
#[derive(Debug, Default)]
pub(crate) struct AttemptQueue {
    lines: Mutex<HashMap<Subject, Arc<Semaphore>>>,
}

/// A place in the queue. It ends when it is dropped.
pub(crate) struct Place<'a> {
    queue: &'a AttemptQueue,
    subject: Subject,
    line: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl AttemptQueue {
    /// Waits for a place on a subject, in the order of asking, and not for ever:
    /// `busy` is told before the request itself runs out of time.
    pub(crate) async fn join(&self, subject: &Subject) -> Result<Place<'_>, Infrastructure> {
        let line = Arc::clone(
            self.lines()
                .entry(subject.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))),
        );
        // Made before the wait: a caller that goes away in it leaves the line.
        let mut place = Place {
            queue: self,
            subject: subject.clone(),
            line: Arc::clone(&line),
            permit: None,
        };
        let late = |_| {
            let cause = "too many attempts on one subject are under way";
            PortError::Retryable(cause.into())
        };
        let permit = timeout(WAIT, line.acquire_owned()).await.map_err(late)?;
        place.permit = permit.ok();
        Ok(place)
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Subject, Arc<Semaphore>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.permit = None;
        let mut lines = self.queue.lines();
        // The map's and this one's: no other attempt is in line.
        if Arc::strong_count(&self.line) == 2 {
            lines.remove(&self.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ids::SessionId;
    use futures::FutureExt as _;

    use crate::error::UseCaseError as _;

    use super::*;

    fn subject(id: i64) -> Subject {
        Subject::session(SessionId::new(id).unwrap())
    }

    #[tokio::test]
    async fn others_wait_in_line_and_nothing_is_left_behind() {
        let queue = AttemptQueue::default();
        let (one, two) = (subject(1), subject(2));
        let mut held: Vec<Place<'_>> = (0..AT_ONCE)
            .map(|_| queue.join(&one).now_or_never().unwrap().unwrap())
            .collect();
        let mut waiting = Box::pin(queue.join(&one));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(queue.join(&two).now_or_never().is_some());
        held.pop();
        held.push(waiting.now_or_never().expect("the next in line").unwrap());
        drop(Box::pin(queue.join(&one)));
        held.clear();
        assert!(queue.lines().is_empty());
    }

    #[tokio::test]
    async fn an_attempt_that_goes_away_in_line_leaves_it() {
        let queue = AttemptQueue::default();
        let one = subject(1);
        let held: Vec<Place<'_>> = (0..AT_ONCE)
            .map(|_| queue.join(&one).now_or_never().unwrap().unwrap())
            .collect();
        {
            let mut waiting = Box::pin(queue.join(&one));
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        drop(held);
        assert!(queue.lines().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_in_line_for_ever() {
        let queue = AttemptQueue::default();
        let one = subject(1);
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(queue.join(&one).await.unwrap());
        }
        let late = queue.join(&one).await.err().unwrap();
        assert_eq!(late.code(), "busy");
        drop(held);
        assert!(queue.lines().is_empty());
    }
}
