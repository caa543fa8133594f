//! Who waits for which confirm of a channel (RabbitMQ's publisher confirms).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::{Receiver, Sender, channel};
use tokio::time::Instant;

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
pub(crate) struct Confirms {
    inner: Mutex<Inner>,
    /// How many messages were sent on the channel.
    sent: tokio::sync::Mutex<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: BTreeMap<u64, Waiting>,
    /// Why messages came back, by their ids; their confirm follows.
    returned: HashMap<String, String>,
    /// How the channel ended.
    ended: Option<Ended>,
    /// Since when a confirm is overdue and none has come.
    stalled: Option<Instant>,
}

/// How a channel ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The broker's reply code, where it closed the channel (AMQP 0-9-1, "Reply
    /// codes").
    pub(crate) code: Option<u16>,
    /// In words.
    pub(crate) reason: String,
}

#[derive(Debug)]
struct Waiting {
    message: String,
    tell: Sender<Confirm>,
}

impl Confirms {
    /// Waits for the confirm of a message, by its number on the channel.
    fn expect(&self, tag: u64, message: String) -> Receiver<Confirm> {
        let (tell, told) = channel();
        let mut inner = self.lock();
        match &inner.ended {
            Some(ended) => {
                let _nobody_waits = tell.send(Confirm::Lost(ended.reason.clone()));
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
        inner.stalled = None;
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
        self.end_with(None, reason);
    }

    /// The broker ended the channel, with a reply code.
    pub(crate) fn end_with(&self, code: Option<u16>, reason: &str) {
        let mut inner = self.lock();
        inner.ended.get_or_insert_with(|| Ended {
            code,
            reason: reason.to_owned(),
        });
        for Waiting { tell, .. } in std::mem::take(&mut inner.waiting).into_values() {
            let _gave_up = tell.send(Confirm::Lost(reason.to_owned()));
        }
    }

    /// How the channel ended, if it did.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.lock().ended.clone()
    }

    /// A confirm is overdue. Answers whether that is news.
    pub(crate) fn stall(&self) -> bool {
        let mut inner = self.lock();
        let is_news = inner.stalled.is_none();
        inner.stalled.get_or_insert_with(Instant::now);
        is_news
    }

    /// How long a confirm is overdue: the broker takes nothing at the moment,
    /// and more of it would only come twice.
    pub(crate) fn stalled_for(&self) -> Option<Duration> {
        let stalled = self.lock().stalled;
        stalled.map(|since| since.elapsed())
    }

    /// Sends a message as the next one of the channel; its confirm comes later.
    ///
    /// The broker counts messages in the order in which they are sent. One that
    /// may or may not have been sent would let each later confirm reach the
    /// wrong message, so it ends the channel: `send` failed, or this was dropped
    /// before it was through.
    pub(crate) async fn send_in_order<E: ToString>(
        &self,
        message: String,
        send: impl Future<Output = Result<(), E>>,
    ) -> Receiver<Confirm> {
        let mut sent = self.sent.lock().await;
        *sent += 1;
        let confirm = self.expect(*sent, message);
        let mut doubt = Doubt(Some(self));
        match send.await {
            Ok(()) => doubt.0 = None,
            Err(error) => self.end(&error.to_string()),
        }
        confirm
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a channel unless it is taken back.
struct Doubt<'a>(Option<&'a Confirms>);

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(confirms) = self.0 {
            confirms.end("a message was given up while it was sent");
        }
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
        assert!(confirms.stall());
        assert!(!confirms.stall(), "it is no news");
        assert!(confirms.stalled_for().is_some());
        confirms.settle(1, false, &Confirm::Ack);
        assert_eq!(confirms.stalled_for(), None);
    }

    #[tokio::test]
    async fn messages_are_counted_as_they_are_sent() {
        let confirms = Confirms::default();
        let sent = async || Ok::<(), String>(());
        let mut one = confirms.send_in_order("one".to_owned(), sent()).await;
        let mut two = confirms.send_in_order("two".to_owned(), sent()).await;
        confirms.settle(2, false, &Confirm::Nack);
        confirms.settle(1, false, &Confirm::Ack);
        assert_eq!(said(&mut one), Some(Confirm::Ack));
        assert_eq!(said(&mut two), Some(Confirm::Nack));
        assert_eq!(confirms.ended(), None);
    }

    #[tokio::test]
    async fn a_message_in_doubt_ends_its_channel() {
        let stuck = std::future::pending::<Result<(), String>>();
        let failed = std::future::ready(Err("broken pipe".to_owned()));
        let dropped = Confirms::default();
        let given_up = dropped.send_in_order("one".to_owned(), stuck);
        let given_up = tokio::time::timeout(Duration::from_millis(1), given_up).await;
        assert!(given_up.is_err());
        assert!(dropped.ended().is_some());
        let broken = Confirms::default();
        let mut told = broken.send_in_order("one".to_owned(), failed).await;
        let lost = Some(Confirm::Lost("broken pipe".to_owned()));
        assert_eq!(said(&mut told), lost);
    }
}
