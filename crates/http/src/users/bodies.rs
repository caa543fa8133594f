//! Users on the wire.

use auth_application::users::UserChanges;
use auth_domain::change::Change;
use auth_domain::ids::RoleId;
use auth_domain::text::{DateOfBirth, Nationality, PersonName, SearchPrefix};
use auth_domain::users::{Gender, UserFilter, UserStatus, UserWithRoles};
use auth_http_kit::answer::WireTime;
use auth_http_kit::input::{BlankIsNone, Id, List, Single, Text, Word};
use auth_http_kit::wire_object;
use serde::Serialize;
use utoipa::ToSchema;

use super::AdminUser;

/// How often a list may be asked for one status or another.
const MAX_STATUSES: usize = 20;
const MAX_ROLES: usize = 100;

/// Whether a user may act, in answers.
pub(crate) type UserStatusWord = Word<UserStatus>;

wire_object! {
    /// A user to invite.
    #[example({
        "first_name": "Ana",
        "username": "ana",
        "password": "correct horse battery",
        "role_id": 5,
        "contact_information": {"email": "ana@example.com"}
    })]
    pub(super) struct Invitation {
        pub(super) account: flatten AdminUser,
        /// A role of the organization that grants nothing that the caller lacks;
        /// absent or null: `member`.
        pub(super) role_id: optional Id<RoleId>,
    }
}

wire_object! {
    /// Changes of a user: what is absent stays as it is, null clears.
    #[example({"last_name": "Lima", "middle_name": null, "role_id": 5})]
    pub(super) struct UserPatch => UserChanges, by user_changes {
        first_name: replaced Text<PersonName>,
        middle_name: change BlankIsNone<PersonName>,
        last_name: change BlankIsNone<PersonName>,
        /// As the client writes it.
        date_of_birth: change Text<DateOfBirth>,
        gender: change Word<Gender>,
        nationality: change Text<Nationality>,
        /// Needs `user.delete` too.
        status: replaced Word<UserStatus>,
        /// The one role that takes the place of all; null takes all away. Needs
        /// `role.assign` and `role.revoke` too.
        role_id: change Id<RoleId>,
    }
}

fn user_changes(body: UserPatch) -> UserChanges {
    UserChanges {
        first_name: body.first_name,
        middle_name: blank_clears(body.middle_name),
        last_name: blank_clears(body.last_name),
        date_of_birth: body.date_of_birth,
        gender: body.gender,
        nationality: body.nationality,
        status: body.status,
        role: body.role_id,
    }
}

fn blank_clears<T>(change: Change<Option<T>>) -> Change<T> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear | Change::Set(None) => Change::Clear,
        Change::Set(Some(value)) => Change::Set(value),
    }
}

wire_object! {
    /// Which users a list holds.
    #[example({"status": ["active"]})]
    pub(super) struct UserFilterQuery => UserFilter, by filter {
        /// May be repeated; absent, or both: all users.
        status: optional List<Word<UserStatus>, 0, MAX_STATUSES>,
        /// Users who hold the role; may be repeated: one of them.
        role_id: optional List<Id<RoleId>, 0, MAX_ROLES>,
        /// How the username, the e-mail address, or the first or last name begins.
        q: optional Single<BlankIsNone<SearchPrefix>>,
    }
}

fn filter(query: UserFilterQuery) -> UserFilter {
    // Both statuses are no condition.
    let asked = query.status.unwrap_or_default();
    let first = asked.first().copied();
    UserFilter {
        status: first.filter(|&first| asked.iter().all(|&status| status == first)),
        roles: query.role_id.unwrap_or_default(),
        prefix: query.q.flatten(),
    }
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
    status: UserStatusWord,
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
            status: Word(user.status),
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
        auth_http_kit::input::read::<UserPatch>("body", body)
            .map_err(|errors| errors.iter().map(|error| error.kind).collect())
    }

    fn asked(statuses: &[&str]) -> Result<Option<UserStatus>, usize> {
        let query = json!({ "status": statuses });
        auth_http_kit::input::read::<UserFilterQuery>("query", &query)
            .map(|filter| filter.status)
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
