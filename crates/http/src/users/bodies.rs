use auth_application::users::{NewAccount, UserChanges};
use auth_domain::change::Change;
use auth_domain::ids::RoleId;
use auth_domain::text::{DateOfBirth, Nationality, PersonName};
use auth_domain::users::{Gender, UserStatus, UserWithRoles};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{AccountInput, AdminUser};
use crate::answer::WireTime;
use crate::input::{Fields, FromFields, blank_is_none, id, list, text, word};

/// How often a list may be asked for one status or another.
const MAX_STATUSES: usize = 20;

pub(super) struct InvitationInput {
    pub(super) account: NewAccount,
    pub(super) role: Option<RoleId>,
}

impl FromFields for InvitationInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let account = fields.flattened::<AccountInput>();
        let role = fields.optional("role_id", id);
        Some(Self {
            account: account?.0,
            role: role?,
        })
    }
}

pub(super) struct UserChangesInput(pub(super) UserChanges);

impl FromFields for UserChangesInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let first_name = fields.replaced("first_name", text(PersonName::parse));
        let middle_name = fields.change("middle_name", blank_is_none(PersonName::parse));
        let last_name = fields.change("last_name", blank_is_none(PersonName::parse));
        let date_of_birth = fields.change("date_of_birth", text(DateOfBirth::parse));
        let gender = fields.change("gender", word(Gender::ALL, Gender::as_str));
        let nationality = fields.change("nationality", text(Nationality::parse));
        let status = fields.replaced("status", word(UserStatus::ALL, UserStatus::as_str));
        let role = fields.change("role_id", id);
        Some(Self(UserChanges {
            first_name: first_name?,
            middle_name: blank_clears(middle_name?),
            last_name: blank_clears(last_name?),
            date_of_birth: date_of_birth?,
            gender: gender?,
            nationality: nationality?,
            status: status?,
            role: role?,
        }))
    }
}

fn blank_clears<T>(change: Change<Option<T>>) -> Change<T> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear | Change::Set(None) => Change::Clear,
        Change::Set(Some(value)) => Change::Set(value),
    }
}

/// The statuses that a list is asked for: one, or `None` for both.
pub(super) struct StatusFilterInput(pub(super) Option<UserStatus>);

impl FromFields for StatusFilterInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let status = list(MAX_STATUSES, |value, refusals| {
            word(UserStatus::ALL, UserStatus::as_str)(value, refusals)
        });
        let asked = fields.optional("status", status)?.unwrap_or_default();
        let first = asked.first().copied();
        Some(Self(first.filter(|&first| {
            asked.iter().all(|&status| status == first)
        })))
    }
}

/// The filter of a list of users, for the documentation.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for OpenAPI")]
pub(super) struct StatusFilter {
    /// `active` or `inactive`, and may be repeated; absent: both.
    #[param(max_items = 20)]
    status: Option<Vec<String>>,
}

/// A user to invite.
#[derive(ToSchema)]
#[schema(example = json!({
    "first_name": "Ana",
    "username": "ana",
    "password": "correct horse battery",
    "role_id": 5,
    "contact_information": {"email": "ana@example.com"}
}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct Invitation {
    #[serde(flatten)]
    user: AdminUser,
    /// A role of the organization that grants nothing that the caller lacks;
    /// absent or null: `member`.
    #[schema(minimum = 1)]
    role_id: Option<i64>,
}

/// Changes of a user: what is absent stays as it is, null clears.
#[derive(ToSchema)]
#[schema(example = json!({"last_name": "Lima", "middle_name": null, "role_id": 5}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct UserPatch {
    #[schema(min_length = 1, max_length = 128, nullable = false)]
    first_name: Option<String>,
    #[schema(max_length = 128)]
    middle_name: Option<String>,
    #[schema(max_length = 128)]
    last_name: Option<String>,
    /// As the client writes it.
    #[schema(max_length = 32)]
    date_of_birth: Option<String>,
    /// `male`, `female` or `other`
    gender: Option<String>,
    #[schema(max_length = 128)]
    nationality: Option<String>,
    /// `active` or `inactive`; needs `user.delete` too.
    #[schema(nullable = false)]
    status: Option<String>,
    /// The one role that takes the place of all; null takes all away. Needs
    /// `role.assign` and `role.revoke` too.
    #[schema(minimum = 1)]
    role_id: Option<i64>,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User, example = json!({
    "user_id": 7, "username": "ana", "first_name": "Ana", "middle_name": null,
    "last_name": "Lima", "organization_id": 3, "role_id": 5, "role_ids": [5],
    "status": "active", "email": "ana@example.com",
    "created_at": "2026-11-23T22:35:04.365951Z", "updated_at": "2026-11-23T22:35:04.365951Z"
}))]
pub(super) struct UserBody {
    user_id: i64,
    username: String,
    first_name: String,
    middle_name: Option<String>,
    last_name: Option<String>,
    organization_id: i64,
    /// The primary role: the oldest assignment.
    role_id: Option<i64>,
    /// All roles, the oldest assignment first.
    role_ids: Vec<i64>,
    /// `active` or `inactive`
    status: &'static str,
    email: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: WireTime,
    #[schema(value_type = String, format = DateTime)]
    updated_at: WireTime,
}

impl From<UserWithRoles> for UserBody {
    fn from(found: UserWithRoles) -> Self {
        let role_id = found.role_id().map(RoleId::get);
        let (user, roles) = (found.user, found.role_ids);
        Self {
            user_id: user.id.get(),
            username: user.username.into(),
            first_name: user.person.first_name.into(),
            middle_name: user.person.middle_name.map(Into::into),
            last_name: user.person.last_name.map(Into::into),
            organization_id: user.organization_id.get(),
            role_id,
            role_ids: roles.into_iter().map(RoleId::get).collect(),
            status: user.status.as_str(),
            email: Some(user.email.as_str().to_owned()),
            created_at: WireTime(user.created_at),
            updated_at: WireTime(user.updated_at),
        }
    }
}

/// An admin of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Admin, example = json!({
    "user_id": 7, "username": "ana", "email": "ana@example.com", "first_name": "Ana",
    "last_name": null, "organization_id": 3, "role_id": 5
}))]
pub(crate) struct AdminBody {
    user_id: i64,
    username: String,
    email: String,
    first_name: String,
    last_name: Option<String>,
    organization_id: i64,
    /// The organization's admin role.
    role_id: Option<i64>,
}

impl From<UserWithRoles> for AdminBody {
    fn from(found: UserWithRoles) -> Self {
        let role_id = found.role_id().map(RoleId::get);
        let user = found.user;
        Self {
            user_id: user.id.get(),
            username: user.username.into(),
            email: user.email.as_str().to_owned(),
            first_name: user.person.first_name.into(),
            last_name: user.person.last_name.map(Into::into),
            organization_id: user.organization_id.get(),
            role_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn changes(body: &Value) -> Result<UserChanges, Vec<&'static str>> {
        crate::input::read::<UserChangesInput>("body", body)
            .map(|input| input.0)
            .map_err(|errors| errors.iter().map(|error| error.kind).collect())
    }

    fn asked(statuses: &[&str]) -> Result<Option<UserStatus>, usize> {
        let query = json!({ "status": statuses });
        crate::input::read::<StatusFilterInput>("query", &query)
            .map(|input| input.0)
            .map_err(|errors| errors.len())
    }

    #[test]
    fn null_clears_what_can_be_empty_and_nothing_else() {
        let read = changes(&json!({
            "middle_name": null, "last_name": " ", "date_of_birth": null, "gender": null,
            "nationality": null, "role_id": null, "username": "ignored",
        }));
        let expected = UserChanges {
            middle_name: Change::Clear,
            last_name: Change::Clear,
            date_of_birth: Change::Clear,
            gender: Change::Clear,
            nationality: Change::Clear,
            role: Change::Clear,
            ..UserChanges::default()
        };
        assert_eq!(read, Ok(expected));
        assert_eq!(changes(&json!({})), Ok(UserChanges::default()));
        let refused = changes(&json!({"first_name": null, "status": null}));
        assert_eq!(refused, Err(vec!["string_type", "enum"]));
    }

    #[test]
    fn both_statuses_are_no_filter() {
        let (active, inactive) = ("active", "inactive");
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&[active]), Ok(Some(UserStatus::Active)));
        assert_eq!(asked(&[inactive, inactive]), Ok(Some(UserStatus::Inactive)));
        assert_eq!(asked(&[active, inactive]), Ok(None));
        assert_eq!(asked(&[active, "gone"]), Err(1));
    }
}
