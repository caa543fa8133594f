//! The ports of the users.

use async_trait::async_trait;

use super::{Contact, NewUser, User, UserFilter, UserKey, UserWithRights, UserWithRoles};
use crate::clock::Timestamp;
use crate::error::PortError;
use crate::identity::{Account, Credentials, LoginName, PasswordHash};
use crate::ids::{OrganizationId, UserId};
use crate::page::{Page, PageRequest};
use crate::text::{NameKey, Username};

/// Reads of users.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserQueries: Send + Sync {
    /// The user with that id in that organization; `Ok(None)`: there is none
    /// in it, whether or not there is one elsewhere.
    async fn find(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<User>, PortError>;

    /// The same with the user's roles.
    async fn find_with_roles(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<UserWithRoles>, PortError>;

    /// The same with what the user's roles grant, and with the organization's
    /// admins beside the user. MUST hold the roles of a deactivated user too,
    /// who may come back.
    async fn find_with_rights(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<UserWithRights>, PortError>;

    /// A page of those users of an organization that the filter lets through,
    /// in the order that the page asks for.
    async fn list(
        &self,
        organization: OrganizationId,
        filter: &UserFilter,
        page: &PageRequest<UserKey>,
    ) -> Result<Page<UserWithRoles, UserKey>, PortError>;

    /// How to reach a user of that organization; `Ok(None)`: no such user.
    async fn find_contact(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<Contact>, PortError>;

    /// The user with that login name, over all organizations, with the account
    /// as of the home membership; `Ok(None)`: there is none.
    ///
    /// A login name with `@` MUST be looked up as e-mail address only, any
    /// other as username only, both by key.
    async fn find_account(&self, login: &LoginName) -> Result<Option<Account>, PortError>;

    /// The same with the password hash, for a sign-in.
    async fn find_credentials(&self, login: &LoginName) -> Result<Option<Credentials>, PortError>;

    /// The stored bcrypt hash with the highest work factor, which takes longest
    /// to compare with; `Ok(None)`: there is no bcrypt hash any more.
    async fn find_slowest_bcrypt(&self) -> Result<Option<PasswordHash>, PortError>;
}

/// What marking an address as verified came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailProof {
    /// It is verified from now on.
    New,
    /// It was verified before.
    Known,
    /// The user has another address, or there is no such user.
    NotTheAddress,
}

/// Writes of users, inside a transaction.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserRepo: Send + Sync {
    /// Inserts an active user with the contact, e-mail not verified. The user
    /// MUST be an active member of the organization from this write on.
    ///
    /// MUST answer `NotUnique(Username)` or `NotUnique(Email)` when a user of
    /// any organization has that key (username is judged first), and
    /// `MissingReference(Organization)` for an unknown organization.
    async fn insert(&mut self, new: &NewUser) -> Result<User, PortError>;

    /// Writes names, personal data, `updated_at`, and whether the user may act,
    /// of the user and of the membership in the organization. An inactive user
    /// MUST be in the archive once, since the first write that made it so; an
    /// active one MUST NOT be in it. MUST answer `Stale` and write nothing when
    /// there is no such user in the organization.
    async fn update(&mut self, user: &User) -> Result<(), PortError>;

    /// Writes how to reach a user. Another e-mail address MUST NOT be verified
    /// any more, the same one MUST stay as it is. MUST answer
    /// `NotUnique(Email)` when another user of any organization has that
    /// address by key, and `Stale` when there is no such user in the
    /// organization.
    async fn update_contact(
        &mut self,
        organization: OrganizationId,
        id: UserId,
        contact: &Contact,
        at: Timestamp,
    ) -> Result<(), PortError>;

    /// Gives a user another name to sign in with. MUST answer
    /// `NotUnique(Username)` when another user of any organization has it by
    /// key, and `Stale` when there is no such user in the organization.
    async fn rename(
        &mut self,
        organization: OrganizationId,
        id: UserId,
        username: &Username,
        at: Timestamp,
    ) -> Result<(), PortError>;

    /// Replaces the password hash. MUST answer `Stale` when there is no such
    /// user.
    async fn set_password_hash(
        &mut self,
        id: UserId,
        hash: &PasswordHash,
        at: Timestamp,
    ) -> Result<(), PortError>;

    /// Replaces the password hash by a stronger one of the same password, only
    /// while the old one still stands. `Ok(false)`: it did not, nothing was
    /// written.
    async fn upgrade_password_hash(
        &mut self,
        id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, PortError>;

    /// Locks a user until the transaction ends, and marks the e-mail address as
    /// verified, only while it is still that one. One that is verified stays as
    /// it is, with the time of the first.
    async fn verify_email(
        &mut self,
        id: UserId,
        email: &NameKey,
        at: Timestamp,
    ) -> Result<EmailProof, PortError>;

    /// Locks a user until the transaction ends, remembers a sign-in, and reads
    /// what a sign-in rests on; `Ok(None)`: there is no such user. Does not
    /// touch `updated_at`.
    async fn record_login(
        &mut self,
        id: UserId,
        at: Timestamp,
    ) -> Result<Option<Credentials>, PortError>;
}
