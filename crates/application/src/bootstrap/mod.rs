//! The first users: of the platform, and of each tenant.

use std::sync::Arc;

use auth_domain::actor::Actor;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::identity::PasswordHash;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::{LicenseStatus, Organization, SignUpPolicy};
use auth_domain::rbac::{PolicyEngine, PolicyRevision, SystemRole};
use auth_domain::store::Store;
use auth_domain::text::OrganizationName;

use crate::error::{infrastructure_from, use_case_error};
use crate::identity::{NewPasswords, password_refused_into};
use crate::organizations::{NewTenant, OrganizationError, make_tenant};
use crate::rbac::{ensure_system_role, ensure_system_roles};
use crate::users::{NewAccount, UserError, create_user};
use crate::{Tx, transact};

use_case_error! {
    /// Why a first user could not be made.
    BootstrapError {
        /// Another organization has that name.
        OrganizationExists => "organization_exists", Conflict, "an organization of that name exists";
        /// Somebody has that username.
        UsernameTaken => "username_already_exists", Conflict, "the username is taken";
        /// Somebody has that e-mail address.
        EmailTaken => "email_already_exists", Conflict, "the e-mail address is taken";
        /// The password is one that everybody tries first.
        PasswordTooCommon => "password_too_common", Unprocessable, "the password is too common, or one of the user's own names";
    }
}

infrastructure_from!(BootstrapError: auth_domain::rbac::PolicyError,);
password_refused_into!(BootstrapError);

impl From<PortError> for BootstrapError {
    fn from(error: PortError) -> Self {
        match UserError::from(error) {
            UserError::UsernameTaken => Self::UsernameTaken,
            UserError::EmailTaken => Self::EmailTaken,
            UserError::PasswordTooCommon => Self::PasswordTooCommon,
            UserError::Infrastructure(e) => Self::Infrastructure(e),
            // No other of them comes of a port.
            _ => PortError::corrupt("a locked organization is missing").into(),
        }
    }
}

impl From<OrganizationError> for BootstrapError {
    fn from(error: OrganizationError) -> Self {
        match error {
            OrganizationError::NameTaken => Self::OrganizationExists,
            OrganizationError::Infrastructure(e) => Self::Infrastructure(e),
            OrganizationError::Forbidden
            | OrganizationError::NotFound
            | OrganizationError::Protected => {
                PortError::corrupt("a new organization is missing").into()
            }
        }
    }
}

/// A tenant to make with its first admin.
#[derive(Debug, Clone)]
pub struct BootstrapRequest {
    /// The tenant's name.
    pub name: OrganizationName,
    /// The state of its licence.
    pub license_status: LicenseStatus,
    /// Its first admin.
    pub admin: NewAccount,
}

/// The organization of a first user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrapped {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its name.
    pub organization_name: OrganizationName,
    /// The first user.
    pub user_id: UserId,
    /// The first user's role.
    pub role_id: RoleId,
    /// The organization's policy revision.
    pub revision: PolicyRevision,
}

/// What came of asking for a superuser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Superuser {
    /// There was none; this one was made.
    Created(Bootstrapped),
    /// There is one already; no user was made.
    Exists(Bootstrapped),
}

/// Makes first users.
pub struct BootstrapService {
    store: Arc<dyn Store>,
    passwords: NewPasswords,
    policies: Arc<dyn PolicyEngine>,
    clock: Arc<dyn Clock>,
}

impl BootstrapService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        passwords: NewPasswords,
        policies: Arc<dyn PolicyEngine>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            passwords,
            policies,
            clock,
        }
    }

    /// On a platform that is as the migrations left it, makes the first
    /// superuser in RootOrg and ignores the request's organization; else makes
    /// a tenant with its admin. Which of the two is decided under a lock, and
    /// the first path closes for good.
    pub async fn bootstrap(
        &self,
        actor: &Actor,
        request: &BootstrapRequest,
    ) -> Result<Bootstrapped, BootstrapError> {
        let hash = &self
            .passwords
            .hash(request.admin.password(), request.admin.names())
            .await?;
        let now = self.clock.now();
        let made = transact::<_, BootstrapError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let root = lock_root(&mut tx).await?;
                if tx.organizations().is_pristine().await? {
                    let admin = &request.admin;
                    return make_superuser(&mut tx, actor, &root, admin, hash, now).await;
                }
                bootstrap_tenant(&mut tx, actor, request, hash, now).await
            })
        })
        .await?;
        self.policies.observe(made.organization_id, made.revision);
        Ok(made)
    }

    /// Makes a superuser unless there is one; in both cases makes sure that
    /// the role has every permission.
    pub async fn create_superuser(
        &self,
        actor: &Actor,
        account: &NewAccount,
    ) -> Result<Superuser, BootstrapError> {
        let hash = &self
            .passwords
            .hash(account.password(), account.names())
            .await?;
        let now = self.clock.now();
        let outcome = transact::<_, BootstrapError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let root = lock_root(&mut tx).await?;
                let found = tx
                    .roles()
                    .find_system(root.id, SystemRole::SuperAdmin)
                    .await?;
                let holder = match found {
                    Some(role) => tx.roles().first_holder(role.id).await?,
                    None => None,
                };
                let Some(user_id) = holder else {
                    let made = make_superuser(&mut tx, actor, &root, account, hash, now).await?;
                    return Ok(Superuser::Created(made));
                };
                let revision = tx.roles().bump_policy_revision(root.id).await?;
                let role = ensure_system_role(&mut tx, &root, SystemRole::SuperAdmin, now).await?;
                Ok(Superuser::Exists(Bootstrapped {
                    organization_id: root.id,
                    organization_name: root.name,
                    user_id,
                    role_id: role.id,
                    revision,
                }))
            })
        })
        .await?;
        let (Superuser::Created(made) | Superuser::Exists(made)) = &outcome;
        self.policies.observe(made.organization_id, made.revision);
        Ok(outcome)
    }
}

/// Serializes everything that makes first users.
async fn lock_root(tx: &mut Tx<'_, '_>) -> Result<Organization, BootstrapError> {
    let id = tx.organizations().find_root().await?.id;
    let root = tx.organizations().lock(id).await?;
    root.ok_or_else(|| PortError::corrupt("RootOrg is missing").into())
}

async fn make_superuser(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    root: &Organization,
    account: &NewAccount,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Bootstrapped, BootstrapError> {
    let revision = tx.roles().bump_policy_revision(root.id).await?;
    let role_id = ensure_system_roles(tx, root, now).await?.id;
    let user = create_user(tx, actor, root.id, role_id, account, hash, now).await?;
    tx.organizations().mark_bootstrapped(now).await?;
    Ok(Bootstrapped {
        organization_id: root.id,
        organization_name: root.name.clone(),
        user_id: user.id,
        role_id,
        revision,
    })
}

async fn bootstrap_tenant(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    request: &BootstrapRequest,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Bootstrapped, BootstrapError> {
    let new = NewTenant {
        name: request.name.clone(),
        license_status: request.license_status,
        sign_up: SignUpPolicy::default(),
    };
    let tenant = make_tenant(tx, actor, &new, now).await?;
    let (organization, role_id) = (tenant.organization, tenant.admin_role);
    let admin = &request.admin;
    let user = create_user(tx, actor, organization.id, role_id, admin, hash, now).await?;
    tx.organizations()
        .set_owner(organization.id, user.id)
        .await?;
    Ok(Bootstrapped {
        organization_id: organization.id,
        organization_name: organization.name,
        user_id: user.id,
        role_id,
        revision: organization.policy_revision,
    })
}
