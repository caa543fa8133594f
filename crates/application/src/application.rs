//! The application, assembled once: HTTP, the worker, the command line and
//! tests hold the same services over the same ports.

use std::sync::Arc;

use auth_domain::clock::Clock;
use auth_domain::identity::{
    CommonPasswords, OneTimeTokenIndex, OneTimeTokens, PasswordHasher, RefreshTokens, TokenIssuer,
};
use auth_domain::ids::IdSource;
use auth_domain::mail::Mailer;
use auth_domain::rbac::{DecisionCache, PolicyBroadcast, PolicyEngine, PolicyFeed, PolicyStore};
use auth_domain::security::{LoginNameHasher, RateLimiter};
use auth_domain::store::Store;

use crate::access::Access;
use crate::bootstrap::BootstrapService;
use crate::identity::{
    CachedSessions, Gate, NewPasswords, Pairs, PasswordCheck, PasswordCheckPorts, RecoveryPorts,
    RecoveryService, SessionPorts, SessionRules, Sessions, SignIn, SignInPorts, Tokens,
};
use crate::jobs::{Handlers, ScheduledTask};
use crate::mail::{MailHandler, MailLinks, MailPorts, TokenLives};
use crate::organizations::OrganizationService;
use crate::rbac::{DecisionService, PolicyAdministration, RoleService};
use crate::security::{AlertService, Limits, Quotas};
use crate::users::{RegistrationService, UserService};
use crate::{Writer, WriterPorts};

/// The adapters that the application works with.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The rows that decisions rest on.
    pub policy_rows: Arc<dyn PolicyStore>,
    /// Decides.
    pub policies: Arc<dyn PolicyEngine>,
    /// Is told of policy changes.
    pub policy_feed: Arc<dyn PolicyFeed>,
    /// Tells other instances to drop what they know; `None`: there are none to
    /// tell, or they poll.
    pub broadcast: Option<Arc<dyn PolicyBroadcast>>,
    /// Where instances keep decisions for each other, if there is such a place.
    pub decisions: Option<Arc<dyn DecisionCache>>,
    /// Hashes and compares passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Knows common passwords.
    pub common_passwords: Arc<dyn CommonPasswords>,
    /// Signs and verifies access tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Makes refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Makes one-time tokens.
    pub one_time_tokens: Arc<dyn OneTimeTokens>,
    /// Spares guesses of one-time tokens the store.
    pub token_index: Arc<dyn OneTimeTokenIndex>,
    /// Spares the gate's read; `None`: every request reads.
    pub sessions: Option<CachedSessions>,
    /// Stands for login names that no account has.
    pub login_names: Arc<dyn LoginNameHasher>,
    /// Counts what is limited.
    pub limiter: Arc<dyn RateLimiter>,
    /// Hands mail over.
    pub mailer: Arc<dyn Mailer>,
    /// Makes ids.
    pub ids: Arc<dyn IdSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How the application behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Sessions and their tokens.
    pub sessions: SessionRules,
    /// One-time tokens.
    pub token_lives: TokenLives,
    /// What is limited, and how far.
    pub quotas: Quotas,
    /// Where links of mails lead.
    pub mail_links: MailLinks,
    /// How many failed sign-ins in 15 minutes raise an alert; 0: none do.
    pub failed_login_alert_after: u32,
}

/// Every service of the application.
pub struct Application {
    /// The user of a bearer token.
    pub gate: Gate,
    /// What a caller may do.
    pub access: Access,
    /// Signing in, and new passwords.
    pub sign_in: SignIn,
    /// Sessions: listing, refreshing, ending.
    pub sessions: Sessions,
    /// Tokens, for other services.
    pub tokens: Tokens,
    /// Resetting passwords and verifying addresses.
    pub recovery: RecoveryService,
    /// Organizations.
    pub organizations: OrganizationService,
    /// Users of organizations.
    pub users: UserService,
    /// Self-registration.
    pub registration: RegistrationService,
    /// First users.
    pub bootstrap: BootstrapService,
    /// Decisions.
    pub decisions: DecisionService,
    /// Roles, grants and assignments.
    pub roles: RoleService,
    /// What operators do with policy.
    pub policy_administration: PolicyAdministration,
    /// What slows attackers down.
    pub limits: Limits,
    /// What empties each queue of jobs.
    pub job_handlers: Handlers,
    /// Turns repeated failures into alerts.
    pub alerts: Arc<AlertService>,
}

impl Application {
    /// Assembles the services over their ports.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the application keeps its ports; whoever made them has no further use"
    )]
    pub fn new(ports: Ports, options: Options) -> Self {
        let writer = writer(&ports);
        let access = Access::new(Arc::clone(&ports.policies), Arc::clone(&ports.store));
        let limits = Limits::new(Arc::clone(&ports.limiter), options.quotas);
        let new_passwords = NewPasswords::new(
            Arc::clone(&ports.hasher),
            Arc::clone(&ports.common_passwords),
        );
        let pairs = Pairs::new(
            Arc::clone(&ports.issuer),
            Arc::clone(&ports.policies),
            options.sessions,
        );
        let store = || Arc::clone(&ports.store);
        let clock = || Arc::clone(&ports.clock);
        Self {
            gate: Gate::new(
                store(),
                Arc::clone(&ports.issuer),
                ports.sessions.clone(),
                clock(),
            ),
            sign_in: sign_in(&ports, &writer, &limits, &new_passwords, &pairs),
            sessions: Sessions::new(SessionPorts {
                store: store(),
                refresh_tokens: Arc::clone(&ports.refresh_tokens),
                pairs: pairs.clone(),
                limits: limits.clone(),
                writer: writer.clone(),
                clock: clock(),
            }),
            tokens: Tokens::new(
                store(),
                Arc::clone(&ports.issuer),
                pairs,
                writer.clone(),
                clock(),
            ),
            recovery: RecoveryService::new(RecoveryPorts {
                store: store(),
                new_passwords: new_passwords.clone(),
                index: Arc::clone(&ports.token_index),
                limits: limits.clone(),
                writer: writer.clone(),
                clock: clock(),
            }),
            organizations: OrganizationService::new(store(), access.clone(), writer.clone()),
            users: UserService::new(
                store(),
                new_passwords.clone(),
                access.clone(),
                limits.clone(),
                writer.clone(),
            ),
            registration: RegistrationService::new(
                store(),
                new_passwords.clone(),
                limits.clone(),
                writer.clone(),
            ),
            bootstrap: BootstrapService::new(store(), new_passwords, writer.clone()),
            decisions: DecisionService::new(
                store(),
                Arc::clone(&ports.policies),
                access.clone(),
                ports.decisions.clone(),
            ),
            roles: RoleService::new(store(), access.clone(), writer.clone()),
            policy_administration: PolicyAdministration::new(
                store(),
                Arc::clone(&ports.policy_rows),
                ports.broadcast.clone(),
                writer.clone(),
            ),
            job_handlers: Handlers::new().with(mail(&ports, &options, &writer, &limits)),
            alerts: Arc::new(AlertService::new(
                store(),
                writer,
                clock(),
                options.failed_login_alert_after,
            )),
            access,
            limits,
        }
    }
}

impl Application {
    /// What one instance runs in each period.
    pub fn scheduled(&self) -> [Arc<dyn ScheduledTask>; 1] {
        [Arc::clone(&self.alerts) as _]
    }
}

fn writer(ports: &Ports) -> Writer {
    let sessions = ports.sessions.as_ref();
    Writer::new(WriterPorts {
        store: Arc::clone(&ports.store),
        feed: Arc::clone(&ports.policy_feed),
        sessions: sessions.map(|cached| Arc::clone(&cached.cache)),
        ids: Arc::clone(&ports.ids),
        clock: Arc::clone(&ports.clock),
    })
}

fn sign_in(
    ports: &Ports,
    writer: &Writer,
    limits: &Limits,
    new_passwords: &NewPasswords,
    pairs: &Pairs,
) -> SignIn {
    let check = PasswordCheck::new(PasswordCheckPorts {
        store: Arc::clone(&ports.store),
        hasher: Arc::clone(&ports.hasher),
        limits: limits.clone(),
        names: Arc::clone(&ports.login_names),
        writer: writer.clone(),
        clock: Arc::clone(&ports.clock),
    });
    SignIn::new(SignInPorts {
        check: Arc::new(check),
        hasher: Arc::clone(&ports.hasher),
        new_passwords: new_passwords.clone(),
        refresh_tokens: Arc::clone(&ports.refresh_tokens),
        pairs: pairs.clone(),
        writer: writer.clone(),
        clock: Arc::clone(&ports.clock),
    })
}

fn mail(ports: &Ports, options: &Options, writer: &Writer, limits: &Limits) -> MailHandler {
    let mail = MailPorts {
        store: Arc::clone(&ports.store),
        tokens: Arc::clone(&ports.one_time_tokens),
        index: Arc::clone(&ports.token_index),
        mailer: Arc::clone(&ports.mailer),
        limits: limits.clone(),
        writer: writer.clone(),
        clock: Arc::clone(&ports.clock),
    };
    MailHandler::new(mail, options.token_lives, options.mail_links.clone())
}
