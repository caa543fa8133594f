//! Users that a caller invites.

use auth_domain::error::PortError;
use auth_domain::identity::PasswordHash;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::rules::may_grant;
use auth_domain::rbac::{RoleWithGrants, SystemRole};
use auth_domain::users::UserWithRoles;

use super::{NewAccount, UserError, UserService, create_user};
use crate::access::perm::{RoleAssign, UserInvite};
use crate::access::{Granted, Named};
use crate::organizations::set_first_owner;
use crate::rbac::ensure_system_roles;
use crate::{Authorized, Tx, Written};

impl UserService {
    /// Makes a user of an organization that the path names, with a role of it
    /// that grants nothing that the caller lacks, or with `member`.
    pub async fn invite(
        &self,
        caller: &Granted<UserInvite>,
        organization: OrganizationId,
        role: Option<RoleId>,
        account: &NewAccount,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let named = Named::InPath(organization);
        let organization = self.access.reach(caller, named).await?;
        let hash = &self.hashed(account).await?;
        let write = self
            .writer
            .run_raising(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let role = match role {
                        Some(role) => {
                            demand_may_assign(&tx, &authorized, role).await?;
                            role
                        }
                        None => member_of(&tx, organization).await?,
                    };
                    make(&mut tx, &authorized.organization, role, account, hash).await
                })
            });
        let caller = caller.caller().user_id();
        self.taken_names
            .ask(caller, write, UserError::tells_taken)
            .await
    }

    /// Makes an admin of an organization that the path names, who becomes its
    /// owner when it has none.
    pub async fn invite_admin(
        &self,
        caller: &Granted<(UserInvite, RoleAssign)>,
        organization: OrganizationId,
        account: &NewAccount,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let named = Named::InPath(organization);
        let organization = self.access.reach(caller, named).await?;
        let hash = &self.hashed(account).await?;
        let write = self
            .writer
            .run_raising(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let locked = &authorized.organization;
                    let role = ensure_system_roles(&mut tx, locked).await?.id;
                    demand_may_assign(&tx, &authorized, role).await?;
                    let made = make(&mut tx, locked, role, account, hash).await?;
                    set_first_owner(&mut tx, locked, made.value.user.id).await?;
                    Ok(made)
                })
            });
        let caller = caller.caller().user_id();
        self.taken_names
            .ask(caller, write, UserError::tells_taken)
            .await
    }

    /// Hashes the password of a new account: work for before the transaction.
    async fn hashed(&self, account: &NewAccount) -> Result<PasswordHash, UserError> {
        let hash = self.passwords.hash(account.password(), account.names());
        Ok(hash.await?)
    }
}

async fn make(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
    role: RoleId,
    account: &NewAccount,
    hash: &PasswordHash,
) -> Result<Written<UserWithRoles>, UserError> {
    let user = create_user(tx, organization.id, role, account, hash, false).await?;
    let role_ids = vec![role];
    Ok(Written::at(organization, UserWithRoles { user, role_ids }))
}

/// The role is of the organization, and the caller may give it to a user of
/// it.
async fn demand_may_assign(
    tx: &Tx<'_, '_>,
    authorized: &Authorized,
    role: RoleId,
) -> Result<(), UserError> {
    let role = role_of(tx, authorized.organization.id, role).await?;
    may_assign(authorized, &role)
}

/// A role of the organization.
pub(super) async fn role_of(
    tx: &Tx<'_, '_>,
    organization: OrganizationId,
    role: RoleId,
) -> Result<RoleWithGrants, UserError> {
    let roles = tx.read().roles();
    let found = roles.find_with_grants(organization, role).await?;
    found.ok_or(UserError::RoleNotInOrganization)
}

/// The caller may give a role of the organization to a user of it.
pub(super) fn may_assign(authorized: &Authorized, role: &RoleWithGrants) -> Result<(), UserError> {
    let Authorized {
        organization,
        authority,
    } = authorized;
    Ok(may_grant(authority, organization, &role.names())?)
}

/// What a member may do is the organization's to say, and no caller lacks it,
/// so that the role may be given by every caller who invites.
pub(super) async fn member_of(
    tx: &Tx<'_, '_>,
    organization: OrganizationId,
) -> Result<RoleId, PortError> {
    let roles = tx.read().roles();
    let member = roles.find_system(organization, SystemRole::Member).await?;
    let member = member.ok_or_else(|| PortError::corrupt("the role member is missing"))?;
    Ok(member.id)
}
