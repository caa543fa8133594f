//! The services of identity.

use std::sync::Arc;

use auth_application::identity::{
    AuthPorts, AuthService, CachedSessions, RecoveryPorts, RecoveryService, SessionLifetimes,
};
use auth_application::mail::{MailJobs, MailLinks, MailPorts, TokenLives};
use auth_application::security::{AlertService, Limits, Quotas};
use auth_config::{Settings, TokenAlgorithm};
use auth_crypto::{
    ChaChaRefreshTokens, HmacLoginNames, JwtIssuer, JwtOptions, RandomOneTimeTokens, SigningKey,
};
use auth_smtp::{FileMailer, FileMailerOptions};
use secrecy::SecretString;

use super::{Components, Secrets};
use crate::Failure;

impl Components {
    /// Signing in and out.
    pub(super) fn auth(
        &self,
        settings: &Settings,
        secrets: &Secrets,
    ) -> Result<AuthService, Failure> {
        let (store, policies, clock) = self.parts();
        let names = HmacLoginNames::new(installation_key(settings, secrets)?)
            .map_err(|e| Failure::caused("login names cannot be hashed", &e))?;
        let cached = settings.tokens.session_cache.map(|life| CachedSessions {
            cache: Arc::clone(&self.shared.sessions),
            life,
        });
        let ports = AuthPorts {
            store,
            hasher: Arc::clone(&self.hasher),
            new_passwords: self.new_passwords(),
            issuer: Arc::new(issuer(settings, secrets)?),
            refresh_tokens: Arc::new(ChaChaRefreshTokens),
            policies,
            limits: self.limits(settings),
            names: Arc::new(names),
            session_cache: cached,
            clock,
        };
        let lifetimes = SessionLifetimes {
            access: settings.tokens.access,
            legacy_access: settings.tokens.legacy_access,
            refresh: settings.tokens.refresh,
            absolute: settings.tokens.absolute,
        };
        Ok(AuthService::new(ports, lifetimes))
    }

    /// Resetting passwords and verifying addresses.
    pub(super) fn recovery(&self, settings: &Settings) -> RecoveryService {
        let (store, _, clock) = self.parts();
        RecoveryService::new(RecoveryPorts {
            store,
            new_passwords: self.new_passwords(),
            index: Arc::clone(&self.shared.token_index),
            limits: self.limits(settings),
            clock,
        })
    }

    /// What mails one-time tokens.
    pub(crate) fn mail_jobs(&self, settings: &Settings) -> Result<MailJobs, Failure> {
        let (store, _, clock) = self.parts();
        let mail = &settings.mail;
        let options = FileMailerOptions {
            directory: mail.directory.clone(),
            from: mail.from.clone(),
        };
        let mailer = FileMailer::new(options, Arc::clone(&clock))
            .map_err(|e| Failure::caused("mail cannot be written", &e))?;
        let ports = MailPorts {
            store,
            tokens: Arc::new(RandomOneTimeTokens),
            index: Arc::clone(&self.shared.token_index),
            mailer: Arc::new(mailer),
            limits: self.limits(settings),
            clock,
        };
        let lives = TokenLives {
            password_reset: settings.tokens.password_reset,
            email_verification: settings.tokens.email_verification,
        };
        let links = MailLinks {
            reset: mail.reset_url.as_ref().map(ToString::to_string),
            verify: mail.verify_url.as_ref().map(ToString::to_string),
        };
        Ok(MailJobs::new(ports, lives, links))
    }

    /// What raises security alerts.
    pub(crate) fn alerts(&self, settings: &Settings) -> AlertService {
        let (store, _, clock) = self.parts();
        AlertService::new(store, clock, settings.failed_login_alert_after)
    }

    pub(super) fn limits(&self, settings: &Settings) -> Limits {
        let limits = &settings.limits;
        let quotas = Quotas {
            login_pair: limits.login_pair,
            login_account: limits.login_account,
            login_address: limits.login_address,
            registration: limits.registration,
            forgotten_password: limits.forgotten_password,
            password_reset: limits.password_reset,
            wrong_token: limits.wrong_token,
            rotation: limits.rotation,
            wrong_secret: limits.wrong_secret,
        };
        Limits::new(Arc::clone(&self.shared.limiter), quotas)
    }
}

fn issuer(settings: &Settings, secrets: &Secrets) -> Result<JwtIssuer, Failure> {
    let tokens = &settings.tokens;
    let shared = secrets.token_key.clone();
    let ed25519 = tokens.ed25519_key.clone();
    let (signing, accepted_shared) = match (tokens.algorithm, ed25519, shared) {
        (TokenAlgorithm::EdDsa, Some(key), shared) => (SigningKey::Ed25519(key), shared),
        (TokenAlgorithm::Hs256, _, Some(key)) => (SigningKey::Shared(key), None),
        (TokenAlgorithm::EdDsa, None, _) | (TokenAlgorithm::Hs256, _, None) => {
            return Err(Failure::new("no key to sign access tokens with is set"));
        }
    };
    let options = JwtOptions {
        signing,
        accepted_shared,
        accepted_public: tokens.accepted_public_keys.clone(),
        issuer: tokens.issuer.clone(),
        audience: tokens.audience.clone(),
        cached_tokens: JwtOptions::CACHED_TOKENS,
    };
    JwtIssuer::new(options).map_err(|e| Failure::caused("access tokens cannot be signed", &e))
}

/// A secret that every process of the installation has.
fn installation_key<'a>(
    settings: &'a Settings,
    secrets: &'a Secrets,
) -> Result<&'a SecretString, Failure> {
    let key = secrets.token_key.as_ref();
    key.or(settings.tokens.ed25519_key.as_ref())
        .ok_or_else(|| Failure::new("no key to sign access tokens with is set"))
}
