//! What identity is made of: keys, lives, limits and mail.

use std::sync::Arc;

use auth_application::Options;
use auth_application::identity::{CachedSessions, SessionRules};
use auth_application::mail::{MailLinks, TokenLives};
use auth_application::security::Quotas;
use auth_config::Settings;
use auth_crypto::{HmacLoginNames, JwtIssuer};
use auth_smtp::FileMailer;
use secrecy::SecretString;

use super::options::{jwt_options, mailer_options};
use super::{Components, Secrets};
use crate::Failure;

impl Components {
    pub(super) fn cached_sessions(&self, settings: &Settings) -> Option<CachedSessions> {
        settings.tokens.session_cache.map(|life| CachedSessions {
            cache: Arc::clone(&self.shared.sessions),
            life,
        })
    }

    pub(super) fn mailer(&self, settings: &Settings) -> Result<FileMailer, Failure> {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        FileMailer::new(mailer_options(settings), clock, ids)
            .map_err(|e| Failure::caused("mail cannot be written", &e))
    }
}

/// How the application behaves.
pub(super) fn options(settings: &Settings) -> Options {
    let (tokens, mail, limits) = (&settings.tokens, &settings.mail, &settings.limits);
    Options {
        sessions: SessionRules {
            access: tokens.access,
            legacy_access: tokens.legacy_access,
            refresh: tokens.refresh,
            absolute: tokens.absolute,
            per_user: tokens.sessions_per_user,
        },
        token_lives: TokenLives {
            password_reset: tokens.password_reset,
            email_verification: tokens.email_verification,
        },
        quotas: Quotas {
            login_pair: limits.login_pair,
            login_account: limits.login_account,
            login_address: limits.login_address,
            sign_in: limits.sign_in,
            registration: limits.registration,
            forgotten_password: limits.forgotten_password,
            password_reset: limits.password_reset,
            verification_mail: limits.verification_mail,
            wrong_token: limits.wrong_token,
            rotation: limits.rotation,
            wrong_refresh_token: limits.wrong_refresh_token,
            wrong_secret: limits.wrong_secret,
            address_change: limits.address_change,
            taken_name: limits.taken_name,
        },
        mail_links: MailLinks {
            reset: mail.reset_url.as_ref().map(ToString::to_string),
            verify: mail.verify_url.as_ref().map(ToString::to_string),
        },
        failed_login_alert_after: settings.alerts.failed_login_after,
    }
}

/// Hashes login names under a key of the installation.
pub(super) fn login_names(
    settings: &Settings,
    secrets: &Secrets,
) -> Result<HmacLoginNames, Failure> {
    HmacLoginNames::new(installation_key(settings, secrets)?)
        .map_err(|e| Failure::caused("login names cannot be hashed", &e))
}

/// Signs access tokens.
pub(super) fn issuer(settings: &Settings, secrets: &Secrets) -> Result<JwtIssuer, Failure> {
    let options = jwt_options(settings, secrets.token_key.clone());
    let options = options.ok_or_else(no_token_key)?;
    JwtIssuer::new(options).map_err(|e| Failure::caused("access tokens cannot be signed", &e))
}

/// A secret that every process of the installation has.
fn installation_key<'a>(
    settings: &'a Settings,
    secrets: &'a Secrets,
) -> Result<&'a SecretString, Failure> {
    let key = secrets.token_key.as_ref();
    key.or(settings.tokens.ed25519_key.as_ref())
        .ok_or_else(no_token_key)
}

fn no_token_key() -> Failure {
    Failure::new("no key to sign access tokens with is set")
}
