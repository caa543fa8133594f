//! Answers that a name or an address is taken: each tells a caller something
//! about the users of every tenant, so a caller gets few of them.

use std::sync::Arc;

use auth_domain::ids::UserId;
use auth_domain::security::{LimitRule, Subject};

use super::{AttemptQueue, Limits};
use crate::error::Infrastructure;

/// Bounds how often one caller is told that something is taken.
#[derive(Clone)]
pub(crate) struct TakenNames {
    limits: Limits,
    /// Attempts of one caller: few at once hold a place in the limit, so that
    /// many that are told nothing never fill it.
    attempts: Arc<AttemptQueue>,
}

impl TakenNames {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            attempts: Arc::default(),
        }
    }

    /// Does `work` for a caller who was not told too often. It counts where its
    /// answer tells that something is taken.
    pub(crate) async fn ask<T, E>(
        &self,
        caller: UserId,
        work: impl Future<Output = Result<T, E>> + Send,
        tells: impl Fn(&E) -> bool + Send,
    ) -> Result<T, E>
    where
        T: Send,
        E: From<Infrastructure> + Send,
    {
        let subject = Subject::user(caller);
        let _place = self.attempts.join(&subject).await?;
        let taken = self.limits.take([(LimitRule::TakenName, subject)]).await?;
        let answer = work.await;
        if answer.as_ref().err().is_some_and(tells) {
            taken.keep();
        } else {
            self.limits.give_back(taken).await;
        }
        answer
    }
}
