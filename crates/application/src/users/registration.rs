//! Joining an organization that is open to sign-up.

use std::sync::Arc;

use auth_domain::caller::{Actor, Origin};
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::organizations::{LicenseStatus, Organization};
use auth_domain::security::{LimitRule, Subject};
use auth_domain::store::Store;
use auth_domain::users::{EmailDomain, User};

use super::invite::member_of;
use super::{NewAccount, RegistrationError, create_user};
use crate::Writer;
use crate::identity::NewPasswords;
use crate::mail::MailJob;
use crate::security::Limits;

/// Registers users who invite themselves.
pub struct RegistrationService {
    store: Arc<dyn Store>,
    passwords: NewPasswords,
    limits: Limits,
    writer: Writer,
}

/// A new member of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The user.
    pub user: User,
    /// The role that the user got.
    pub role_id: RoleId,
}

impl RegistrationService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        passwords: NewPasswords,
        limits: Limits,
        writer: Writer,
    ) -> Self {
        Self {
            store,
            passwords,
            limits,
            writer,
        }
    }

    /// Makes an account in an organization whose self-registration is on and
    /// whose e-mail domains admit the address, with the role `member`.
    ///
    /// A closed, a suspended and an unknown organization answer the same.
    pub async fn register(
        &self,
        origin: &Origin,
        organization: OrganizationId,
        role: Option<RoleId>,
        account: &NewAccount,
    ) -> Result<Registered, RegistrationError> {
        let from = Subject::address(origin.ip);
        let made = self.make(origin, organization, role, account);
        let limits = &self.limits;
        limits.spend([(LimitRule::Registration, from)], made).await
    }

    async fn make(
        &self,
        origin: &Origin,
        organization: OrganizationId,
        role: Option<RoleId>,
        account: &NewAccount,
    ) -> Result<Registered, RegistrationError> {
        let domain = &account.contact().email.domain();
        let found = self.store.read().organizations().find(organization).await?;
        demand_open(found.as_ref(), domain)?;
        let hash = self.passwords.hash(account.password(), account.names());
        let hash = &hash.await?;
        self.writer
            .run(&Actor::anonymous(origin), |mut tx| {
                Box::pin(async move {
                    let raised = tx.raise_policy(organization).await?;
                    demand_open(Some(&raised), domain)?;
                    let role_id = member_of(&tx, organization).await?;
                    if role.is_some_and(|role| role != role_id) {
                        return Err(RegistrationError::RoleNotAllowed);
                    }
                    let user =
                        create_user(&mut tx, organization, role_id, account, hash, true).await?;
                    if !raised.sign_up.allowed_email_domains.is_empty() {
                        let address = user.email.key();
                        tx.enqueue(&MailJob::email_verification(&address)).await?;
                    }
                    Ok(Registered { user, role_id })
                })
            })
            .await
    }
}

fn demand_open(
    organization: Option<&Organization>,
    domain: &EmailDomain,
) -> Result<(), RegistrationError> {
    let open = organization.is_some_and(|organization| {
        organization.license_status != LicenseStatus::Suspended
            && organization.sign_up.self_registration
            && organization.sign_up.admits(domain)
    });
    if open {
        Ok(())
    } else {
        Err(RegistrationError::Closed)
    }
}
