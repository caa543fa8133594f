//! What callers do with users, each with the right that it takes.

use auth_application::Written;
use auth_application::users::{ContactChanges, NewAccount, UserChanges, UserError};
use auth_domain::caller::Caller;
use auth_domain::change::Change;
use auth_domain::identity::Password;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::page::{Page, PageRequest};
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{
    Contact, EmailAddress, PersonalData, UserFilter, UserKey, UserStatus, UserWithRoles,
};
use auth_testkit::builders;

use crate::acme::{Acme, PASSWORD};

impl Acme {
    pub(crate) async fn invite(
        &self,
        by: &Caller,
        role: Option<RoleId>,
        name: &str,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let (right, account) = (self.right(by).await?, account(name));
        self.app.users.invite(&right, self.id, role, &account).await
    }

    pub(crate) async fn invite_admin(
        &self,
        by: &Caller,
        organization: OrganizationId,
        name: &str,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let (right, account) = (self.right(by).await?, account(name));
        let users = &self.app.users;
        users.invite_admin(&right, organization, &account).await
    }

    pub(crate) async fn users_of(
        &self,
        by: &Caller,
        organization: OrganizationId,
        filter: &UserFilter,
        page: &PageRequest<UserKey>,
    ) -> Result<Page<UserWithRoles, UserKey>, UserError> {
        let right = self.right(by).await?;
        let users = &self.app.users;
        users.list(&right, organization, filter, page).await
    }

    pub(crate) async fn get(
        &self,
        by: &Caller,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<UserWithRoles, UserError> {
        let right = self.right(by).await?;
        self.app.users.get(&right, organization, id).await
    }

    pub(crate) async fn contact(
        &self,
        by: &Caller,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<Contact, UserError> {
        let right = self.right(by).await?;
        self.app.users.contact(&right, organization, id).await
    }

    pub(crate) async fn update(
        &self,
        by: &Caller,
        id: UserId,
        changes: &UserChanges,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.update_in(by, None, id, changes).await
    }

    pub(crate) async fn update_in(
        &self,
        by: &Caller,
        organization: Option<OrganizationId>,
        id: UserId,
        changes: &UserChanges,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let right = self.right(by).await?;
        let users = &self.app.users;
        users.update(&right, organization, id, changes).await
    }

    pub(crate) async fn update_contact(
        &self,
        by: &Caller,
        id: UserId,
        changes: &ContactChanges,
    ) -> Result<Written<Contact>, UserError> {
        let right = self.right(by).await?;
        let users = &self.app.users;
        users.update_contact(&right, None, id, changes).await
    }

    pub(crate) async fn deactivate(
        &self,
        by: &Caller,
        id: UserId,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.deactivate_in(by, None, id).await
    }

    pub(crate) async fn deactivate_in(
        &self,
        by: &Caller,
        organization: Option<OrganizationId>,
        id: UserId,
    ) -> Result<Written<UserWithRoles>, UserError> {
        let right = self.right(by).await?;
        self.app.users.deactivate(&right, organization, id).await
    }
}

pub(crate) fn to_role(role: RoleId) -> UserChanges {
    UserChanges {
        role: Change::Set(role),
        ..UserChanges::default()
    }
}

pub(crate) fn to_status(status: UserStatus) -> UserChanges {
    UserChanges {
        status: Some(status),
        ..UserChanges::default()
    }
}

pub(crate) fn to_email(text: &str) -> ContactChanges {
    ContactChanges {
        email: Change::Set(EmailAddress::parse(text).unwrap()),
        ..ContactChanges::default()
    }
}

/// The account of `name` with the address `name@example.com`.
pub(crate) fn account(name: &str) -> NewAccount {
    account_at(name, &format!("{name}@example.com"), PASSWORD)
}

pub(crate) fn account_at(name: &str, email: &str, password: &str) -> NewAccount {
    let person = PersonalData {
        first_name: PersonName::parse("Ana").unwrap(),
        middle_name: None,
        last_name: None,
        date_of_birth: None,
        gender: None,
        nationality: None,
    };
    NewAccount::new(
        Username::parse(name).unwrap(),
        Password::parse(password).unwrap(),
        person,
        builders::contact(email),
    )
    .unwrap()
}
