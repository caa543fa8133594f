//! The first users: of the platform, and of each tenant.

use std::sync::Arc;

use auth_domain::error::PortError;
use auth_domain::identity::PasswordHash;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::{LicenseStatus, Organization, SignUpPolicy};
use auth_domain::rbac::{PolicyRevision, SystemRole};
use auth_domain::store::Store;
use auth_domain::text::OrganizationName;

use crate::access::Operator;
use crate::error::{infrastructure_from, use_case_error};
use crate::identity::{NewPasswords, PasswordRefused};
use crate::organizations::{NewTenant, OrganizationError, make_tenant};
use crate::rbac::{ensure_system_role, ensure_system_roles};
use crate::users::{AccountTaken, NewAccount, create_user};
use crate::{Tx, Writer};

use_case_error! {
    /// Why a first user could not be made.
    BootstrapError nests [
        Organization(OrganizationError),
        Taken(AccountTaken),
        Password(PasswordRefused)
    ] {}
}

infrastructure_from!(BootstrapError: PortError,);

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
    writer: Writer,
}

impl BootstrapService {
    /// A service over its ports.
    pub fn new(store: Arc<dyn Store>, passwords: NewPasswords, writer: Writer) -> Self {
        Self {
            store,
            passwords,
            writer,
        }
    }

    /// On a platform that is as the migrations left it, makes the first
    /// superuser in RootOrg and ignores the request's organization; else makes
    /// a tenant with its admin. Which of the two is decided under a lock, and
    /// the first path closes for good.
    pub async fn bootstrap(
        &self,
        operator: &Operator,
        request: &BootstrapRequest,
    ) -> Result<Bootstrapped, BootstrapError> {
        let admin = &request.admin;
        let hash = &self.passwords.hash(admin.password(), admin.names()).await?;
        let root = self.root().await?;
        self.writer
            .run(operator.actor(), |mut tx| {
                Box::pin(async move {
                    let root = lock_root(&mut tx, root).await?;
                    if tx.read().organizations().is_pristine().await? {
                        return make_superuser(&mut tx, &root, &request.admin, hash).await;
                    }
                    bootstrap_tenant(&mut tx, request, hash).await
                })
            })
            .await
    }

    /// Makes a superuser unless there is one; in both cases makes sure that
    /// the role has every permission.
    pub async fn create_superuser(
        &self,
        operator: &Operator,
        account: &NewAccount,
    ) -> Result<Superuser, BootstrapError> {
        let hash = self.passwords.hash(account.password(), account.names());
        let hash = &hash.await?;
        let root = self.root().await?;
        self.writer
            .run(operator.actor(), |mut tx| {
                Box::pin(async move {
                    let root = lock_root(&mut tx, root).await?;
                    let Some(user_id) = first_superuser(&tx, root.id).await? else {
                        let made = make_superuser(&mut tx, &root, account, hash).await?;
                        return Ok(Superuser::Created(made));
                    };
                    let raised = tx.raise_policy(root.id).await?;
                    let role = ensure_system_role(&mut tx, &root, SystemRole::SuperAdmin).await?;
                    Ok(Superuser::Exists(Bootstrapped {
                        organization_id: root.id,
                        organization_name: root.name,
                        user_id,
                        role_id: role.id,
                        revision: raised.policy_revision,
                    }))
                })
            })
            .await
    }

    async fn root(&self) -> Result<OrganizationId, BootstrapError> {
        Ok(self.store.read().organizations().find_root().await?.id)
    }
}

async fn first_superuser(
    tx: &Tx<'_, '_>,
    root: OrganizationId,
) -> Result<Option<UserId>, PortError> {
    let found = tx.read().roles().find_system(root, SystemRole::SuperAdmin);
    match found.await? {
        Some(role) => tx.read().grants().first_holder(role.id).await,
        None => Ok(None),
    }
}

/// Serializes everything that makes first users.
async fn lock_root(tx: &mut Tx<'_, '_>, id: OrganizationId) -> Result<Organization, PortError> {
    let root = tx.organizations().lock(id).await?;
    root.ok_or_else(|| PortError::corrupt("RootOrg is missing"))
}

async fn make_superuser(
    tx: &mut Tx<'_, '_>,
    root: &Organization,
    account: &NewAccount,
    hash: &PasswordHash,
) -> Result<Bootstrapped, BootstrapError> {
    let revision = tx.raise_policy(root.id).await?.policy_revision;
    let role_id = ensure_system_roles(tx, root).await?.id;
    let user = create_user(tx, root.id, role_id, account, hash, false).await?;
    let now = tx.now();
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
    request: &BootstrapRequest,
    hash: &PasswordHash,
) -> Result<Bootstrapped, BootstrapError> {
    let new = NewTenant {
        name: request.name.clone(),
        license_status: request.license_status,
        sign_up: SignUpPolicy::default(),
    };
    let tenant = make_tenant(tx, &new).await?;
    let (organization, role_id) = (tenant.organization, tenant.admin_role);
    let user = create_user(tx, organization.id, role_id, &request.admin, hash, false).await?;
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
