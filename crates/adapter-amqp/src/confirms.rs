//! Who waits for which confirm of a channel (RabbitMQ's publisher confirms).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{Receiver, Sender, channel};

/// What the broker said of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Confirm {
    /// It has it.
    Ack,
    /// It did not take it: a queue that is full.
    Nack,
    /// No queue wants it.
    Returned(String),
    /// The channel ended before it said anything.
    Lost(String),
}

/// The messages of one channel that are not confirmed.
#[derive(Debug, Default)]
pub(crate) struct Confirms(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: BTreeMap<u64, Waiting>,
    /// Why messages came back, by their ids; their confirm follows.
    returned: HashMap<String, String>,
    /// Why the channel ended.
    ended: Option<String>,
    /// Whether a confirm is overdue and none has come since.
    stalled: bool,
}

#[derive(Debug)]
struct Waiting {
    message: String,
    tell: Sender<Confirm>,
}

impl Confirms {
    /// Waits for the confirm of a message, by its number on the channel.
    pub(crate) fn expect(&self, tag: u64, message: String) -> Receiver<Confirm> {
        let (tell, told) = channel();
        let mut inner = self.lock();
        match &inner.ended {
            Some(reason) => {
                let _nobody_waits = tell.send(Confirm::Lost(reason.clone()));
            }
            None => {
                inner.waiting.insert(tag, Waiting { message, tell });
            }
        }
        told
    }

    /// A message came back.
    pub(crate) fn returned(&self, message: String, reason: String) {
        self.lock().returned.insert(message, reason);
    }

    /// The broker confirmed a message, or all up to it.
    pub(crate) fn settle(&self, tag: u64, multiple: bool, confirm: &Confirm) {
        let mut inner = self.lock();
        inner.stalled = false;
        let settled: Vec<Waiting> = if multiple {
            let later = inner.waiting.split_off(&tag.saturating_add(1));
            let settled = std::mem::replace(&mut inner.waiting, later);
            settled.into_values().collect()
        } else {
            inner.waiting.remove(&tag).into_iter().collect()
        };
        for Waiting { message, tell } in settled {
            let returned = inner.returned.remove(&message).map(Confirm::Returned);
            let _gave_up = tell.send(returned.unwrap_or_else(|| confirm.clone()));
        }
    }

    /// The channel ended: nothing is confirmed any more.
    pub(crate) fn end(&self, reason: &str) {
        let mut inner = self.lock();
        if inner.ended.is_none() {
            inner.ended = Some(reason.to_owned());
        }
        for Waiting { tell, .. } in std::mem::take(&mut inner.waiting).into_values() {
            let _gave_up = tell.send(Confirm::Lost(reason.to_owned()));
        }
    }

    /// Why the channel ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        self.lock().ended.clone()
    }

    /// A confirm is overdue.
    pub(crate) fn stall(&self) {
        self.lock().stalled = true;
    }

    /// Whether a confirm is overdue: the broker takes nothing at the moment, and
    /// more of it would only come twice.
    pub(crate) fn is_stalled(&self) -> bool {
        self.lock().stalled
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(told: &mut Receiver<Confirm>) -> Option<Confirm> {
        told.try_recv().ok()
    }

    #[test]
    fn a_confirm_of_several_reaches_each_up_to_it() {
        let confirms = Confirms::default();
        let mut told: Vec<_> = (1..=4)
            .map(|tag| confirms.expect(tag, tag.to_string()))
            .collect();
        confirms.settle(2, false, &Confirm::Nack);
        confirms.settle(3, true, &Confirm::Ack);
        let said: Vec<_> = told.iter_mut().map(said).collect();
        let expected = [
            Some(Confirm::Ack),
            Some(Confirm::Nack),
            Some(Confirm::Ack),
            None,
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_message_that_came_back_is_not_acknowledged() {
        let confirms = Confirms::default();
        let mut one = confirms.expect(1, "one".to_owned());
        let mut two = confirms.expect(2, "two".to_owned());
        confirms.returned("one".to_owned(), "NO_ROUTE".to_owned());
        confirms.settle(2, true, &Confirm::Ack);
        assert_eq!(
            said(&mut one),
            Some(Confirm::Returned("NO_ROUTE".to_owned()))
        );
        assert_eq!(said(&mut two), Some(Confirm::Ack));
    }

    #[test]
    fn the_end_of_a_channel_reaches_all_who_wait_and_who_come() {
        let confirms = Confirms::default();
        let mut before = confirms.expect(1, "one".to_owned());
        confirms.end("closed");
        confirms.end("again");
        let mut after = confirms.expect(2, "two".to_owned());
        let lost = Some(Confirm::Lost("closed".to_owned()));
        assert_eq!(said(&mut before), lost);
        assert_eq!(said(&mut after), lost);
    }

    #[test]
    fn a_confirm_ends_a_stall() {
        let confirms = Confirms::default();
        let _one = confirms.expect(1, "one".to_owned());
        confirms.stall();
        assert!(confirms.is_stalled());
        confirms.settle(1, false, &Confirm::Ack);
        assert!(!confirms.is_stalled());
    }
}
