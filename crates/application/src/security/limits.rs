//! Limits: which count asks for how much.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::security::{Bucket, LimitRule, Quota, RateLimiter, Subject, Ticket, Verdict};

use crate::error::{Infrastructure, UseCaseError};

const QUARTER: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// How often each thing may happen in its window; 0: without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Failed sign-ins to one account from one address, in 15 minutes.
    pub login_pair: u32,
    /// Failed sign-ins to one account, in 15 minutes.
    pub login_account: u32,
    /// Failed sign-ins from one address, in 15 minutes.
    pub login_address: u32,
    /// Successful sign-ins of one user, in 15 minutes.
    pub sign_in: u32,
    /// Registrations from one address, in an hour.
    pub registration: u32,
    /// Requests for a password reset from one address, in an hour.
    pub forgotten_password: u32,
    /// Password resets of one account, in an hour.
    pub password_reset: u32,
    /// Mails that verify the address of one account, in an hour.
    pub verification_mail: u32,
    /// Wrong one-time tokens from one address, in 15 minutes.
    pub wrong_token: u32,
    /// Refreshes of one session, in a minute.
    pub rotation: u32,
    /// Wrong refresh tokens from one address, in 15 minutes.
    pub wrong_refresh_token: u32,
    /// Wrong shared secrets from one address, in 15 minutes.
    pub wrong_secret: u32,
    /// Changes of a user's own e-mail address, in an hour.
    pub address_change: u32,
    /// Answers to one caller that a name or an address is taken, in 15 minutes.
    pub taken_name: u32,
}

impl Quotas {
    /// No limit at all.
    pub const NONE: Self = Self {
        login_pair: 0,
        login_account: 0,
        login_address: 0,
        sign_in: 0,
        registration: 0,
        forgotten_password: 0,
        password_reset: 0,
        verification_mail: 0,
        wrong_token: 0,
        rotation: 0,
        wrong_refresh_token: 0,
        wrong_secret: 0,
        address_change: 0,
        taken_name: 0,
    };

    /// How often in how long.
    pub fn of(&self, rule: LimitRule) -> Quota {
        let (limit, window) = match rule {
            LimitRule::LoginPair => (self.login_pair, QUARTER),
            LimitRule::LoginAccount => (self.login_account, QUARTER),
            LimitRule::LoginAddress => (self.login_address, QUARTER),
            LimitRule::SignIn => (self.sign_in, QUARTER),
            LimitRule::Registration => (self.registration, HOUR),
            LimitRule::ForgottenPassword => (self.forgotten_password, HOUR),
            LimitRule::PasswordReset => (self.password_reset, HOUR),
            LimitRule::VerificationMail => (self.verification_mail, HOUR),
            LimitRule::WrongToken => (self.wrong_token, QUARTER),
            LimitRule::Rotation => (self.rotation, MINUTE),
            LimitRule::WrongRefreshToken => (self.wrong_refresh_token, QUARTER),
            LimitRule::WrongSecret => (self.wrong_secret, QUARTER),
            LimitRule::AddressChange => (self.address_change, HOUR),
            LimitRule::TakenName => (self.taken_name, QUARTER),
        };
        Quota { limit, window }
    }
}

/// Counts against the quotas.
#[derive(Clone)]
pub struct Limits {
    limiter: Arc<dyn RateLimiter>,
    quotas: Quotas,
}

/// What was counted, so that it can be taken back.
#[derive(Debug)]
#[must_use]
pub struct Taken(Vec<(Bucket, Ticket)>);

impl Limits {
    /// Limits that a limiter counts.
    pub fn new(limiter: Arc<dyn RateLimiter>, quotas: Quotas) -> Self {
        Self { limiter, quotas }
    }

    /// How often in how long.
    pub fn quota(&self, rule: LimitRule) -> Quota {
        self.quotas.of(rule)
    }

    /// Counts one event in each of the buckets, or in none of them:
    /// [`Infrastructure::Limited`] when one is full.
    pub async fn take(
        &self,
        wanted: impl IntoIterator<Item = (LimitRule, Subject)>,
    ) -> Result<Taken, Infrastructure> {
        let mut taken = Taken(Vec::new());
        for (rule, subject) in wanted {
            let quota = self.quotas.of(rule);
            if quota.limit == 0 {
                continue;
            }
            let bucket = Bucket {
                rule,
                subject,
                quota,
            };
            match self.limiter.take(&bucket).await {
                Ok(Verdict::Granted(ticket)) => taken.0.push((bucket, ticket)),
                Ok(Verdict::Refused(refusal)) => {
                    self.give_back(taken).await;
                    metrics::counter!("auth_rate_limited_total", "rule" => rule.as_str())
                        .increment(1);
                    return Err(refusal.into());
                }
                Err(error) => {
                    self.give_back(taken).await;
                    return Err(error.into());
                }
            }
        }
        Ok(taken)
    }

    /// Does work that counts, whatever comes of it: except that nothing judged
    /// it, because the store or something else was away. `work` begins only
    /// where no bucket is full.
    pub async fn spend<T, E>(
        &self,
        wanted: impl IntoIterator<Item = (LimitRule, Subject)>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E>
    where
        E: UseCaseError + From<Infrastructure>,
    {
        let taken = self.take(wanted).await?;
        let outcome = work.await;
        match &outcome {
            Err(error) if error.infrastructure().is_some() => self.give_back(taken).await,
            _ => taken.keep(),
        }
        outcome
    }

    /// Forgets events that turned out not to count. One that cannot be
    /// forgotten now ends with its window.
    pub async fn give_back(&self, taken: Taken) {
        for (bucket, ticket) in taken.0 {
            if let Err(error) = self.limiter.give_back(&bucket, &ticket).await {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, rule = %bucket.rule, "a counted event could not be forgotten");
            }
        }
    }
}

impl Limits {
    /// Forgets all events of a subject under a rule.
    pub async fn clear(&self, rule: LimitRule, subject: Subject) {
        let quota = self.quotas.of(rule);
        let bucket = Bucket {
            rule,
            subject,
            quota,
        };
        if quota.limit > 0
            && let Err(error) = self.limiter.clear(&bucket).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, %rule, "counted events could not be forgotten");
        }
    }
}

impl Taken {
    /// Lets the events count.
    pub(crate) fn keep(self) {
        drop(self);
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("quotas", &self.quotas)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::error::PortError;
    use auth_domain::security::MockRateLimiter;

    use super::*;
    use crate::identity::RecoveryError;

    async fn given_back(outcome: Result<(), RecoveryError>) -> bool {
        let mut limiter = MockRateLimiter::new();
        let granted = || Ok(Verdict::Granted(Ticket("ticket".to_owned())));
        limiter.expect_take().times(1).returning(move |_| granted());
        let back = usize::from(matches!(outcome, Err(RecoveryError::Infrastructure(_))));
        limiter
            .expect_give_back()
            .times(back)
            .returning(|_, _| Ok(()));
        let quotas = Quotas {
            registration: 5,
            ..Quotas::NONE
        };
        let limits = Limits::new(Arc::new(limiter), quotas);
        let wanted = [(LimitRule::Registration, Subject::address(None))];
        let _the_same = limits.spend(wanted, async { outcome }).await;
        back == 1
    }

    #[tokio::test]
    async fn an_attempt_that_nothing_judged_is_given_back() {
        let away = PortError::Unavailable("away".into());
        assert!(given_back(Err(away.into())).await);
        assert!(!given_back(Err(RecoveryError::InvalidToken)).await);
        assert!(!given_back(Ok(())).await);
    }
}
