//! Reads of users.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::identity::{Account, Credentials, LoginName, PasswordHash};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::page::{Page, PageRequest};
use auth_domain::rbac::rules::AdminFacts;
use auth_domain::text::NameKey;
use auth_domain::users::{
    Contact, User, UserFilter, UserKey, UserOrder, UserQueries, UserStatus, UserWithRights,
    UserWithRoles,
};
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Func, JoinType, Order, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryResult};

use super::{contact_to_domain, user_to_domain, user_with_roles};
use crate::entities::{user, user_contact};
use crate::errors::port_error;
use crate::identity::{ACCOUNT_WIDTH, account, account_columns};
use crate::list::{Filter, Keyset, begins_with};
use crate::rbac::permission_names;
use crate::sql::{Connection, Dialects, Sql, column, id};

// A user signs in to the home organization.
/// A query of one account with more columns after it, by its login name.
macro_rules! account_query {
    ($more:expr, by_username) => {
        concat!(
            "SELECT ",
            account_columns!(),
            $more,
            " FROM users u \
             JOIN memberships m \
                 ON m.organization_id = u.organization_id AND m.user_id = u.user_id \
             JOIN organizations o ON o.organization_id = u.organization_id \
             JOIN user_contacts c ON c.user_id = u.user_id \
             WHERE u.username_key = $1"
        )
    };
    ($more:expr, by_email) => {
        concat!(
            "SELECT ",
            account_columns!(),
            $more,
            " FROM user_contacts c \
             JOIN users u ON u.user_id = c.user_id \
             JOIN memberships m \
                 ON m.organization_id = u.organization_id AND m.user_id = u.user_id \
             JOIN organizations o ON o.organization_id = u.organization_id \
             WHERE c.email_key = $1"
        )
    };
}

/// What [`credentials`] reads after an account.
macro_rules! credentials_columns {
    () => {
        ", u.password_hash, u.self_registered AND c.email_verified_at IS NULL \
            AND o.allowed_email_domains <> '[]'"
    };
}
/// The columns of a user with the roles in one text; `$agg` is the database's
/// function for that.
macro_rules! user_columns {
    ($agg:literal) => {
        concat!(
            "u.user_id, u.organization_id, u.username, u.first_name, u.middle_name, \
             u.last_name, u.date_of_birth, u.gender, u.nationality, u.status, u.last_login, \
             u.created_at, u.updated_at, c.email, c.email_verified_at, \
             (SELECT ",
            $agg,
            "(CAST(h.role_id AS text), ',' ORDER BY h.assigned_at, h.assignment_id) \
              FROM user_roles h \
              WHERE h.organization_id = u.organization_id AND h.user_id = u.user_id) AS role_ids"
        )
    };
}

/// A query of one user with more columns, of more tables.
macro_rules! one_user {
    ($agg:literal, $more:expr, $from:literal) => {
        concat!(
            "SELECT ",
            user_columns!($agg),
            $more,
            " FROM users u JOIN user_contacts c ON c.user_id = u.user_id",
            $from,
            " WHERE u.organization_id = $1 AND u.user_id = $2"
        )
    };
}

/// A query of one user with what the roles grant, the admin role of the
/// organization, and whether another active user holds that.
macro_rules! one_user_with_rights {
    ($agg:literal, $names:literal) => {
        one_user!(
            $agg,
            concat!(
                ", (SELECT ",
                $names,
                " FROM user_roles h JOIN role_permissions g \
                     ON g.organization_id = h.organization_id AND g.role_id = h.role_id \
                  JOIN permissions p ON p.permission_id = g.permission_id \
                  WHERE h.organization_id = u.organization_id AND h.user_id = u.user_id) \
                  AS permissions, \
                 a.role_id AS admin_role_id, EXISTS (SELECT 1 FROM user_roles h \
                  JOIN memberships m \
                     ON m.organization_id = h.organization_id AND m.user_id = h.user_id \
                  JOIN users o ON o.user_id = h.user_id \
                  WHERE h.organization_id = a.organization_id AND h.role_id = a.role_id \
                    AND h.user_id <> u.user_id AND o.status = 'active' AND m.status = 'active') \
                  AS has_other_admin"
            ),
            " LEFT JOIN roles a ON a.organization_id = u.organization_id \
              AND a.system_role IN ('super_admin', 'organization_admin')"
        )
    };
}

const COLUMNS: Dialects = Dialects {
    postgres: user_columns!("string_agg"),
    sqlite: user_columns!("group_concat"),
};
const ONE: Dialects = Dialects {
    postgres: one_user!("string_agg", "", ""),
    sqlite: one_user!("group_concat", "", ""),
};
const ONE_WITH_RIGHTS: Dialects = Dialects {
    postgres: one_user_with_rights!("string_agg", "json_agg(DISTINCT p.name)::text"),
    sqlite: one_user_with_rights!("group_concat", "json_group_array(DISTINCT p.name)"),
};

// The work factor is two digits after `$2b$`.
const SLOWEST_BCRYPT: &str = "
SELECT password_hash FROM users WHERE substr(password_hash, 1, 2) = '$2'
ORDER BY substr(password_hash, 5, 2) DESC LIMIT 1";

#[async_trait]
impl<C: Connection> UserQueries for Sql<C> {
    async fn find(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<User>, PortError> {
        let row = user::Entity::find_by_id(id.get())
            .filter(user::Column::OrganizationId.eq(organization.get()))
            .find_also_related(user_contact::Entity)
            .one(self.conn())
            .await
            .map_err(port_error)?;
        let Some((user, contact)) = row else {
            return Ok(None);
        };
        let contact = contact.ok_or_else(|| PortError::corrupt("a user without contact"))?;
        user_to_domain(user, contact).map(Some)
    }

    async fn find_with_roles(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<UserWithRoles>, PortError> {
        let values = [organization.get().into(), id.get().into()];
        let row = self.one(self.in_dialect(&ONE), values).await?;
        row.as_ref().map(user_with_roles).transpose()
    }

    async fn find_with_rights(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<UserWithRights>, PortError> {
        let values = [organization.get().into(), user.get().into()];
        let row = self.one(self.in_dialect(&ONE_WITH_RIGHTS), values).await?;
        let Some(row) = row else { return Ok(None) };
        let names: Option<String> = column(&row, "permissions")?;
        Ok(Some(UserWithRights {
            user: user_with_roles(&row)?,
            permissions: permission_names(names.as_deref())?,
            admins: AdminFacts {
                role: column::<Option<i64>>(&row, "admin_role_id")?
                    .map(id)
                    .transpose()?,
                has_other_active_holder: column(&row, "has_other_admin")?,
            },
        }))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &UserFilter,
        page: &PageRequest<UserKey>,
    ) -> Result<Page<UserWithRoles, UserKey>, PortError> {
        let select = Query::select()
            .expr(Expr::cust(self.in_dialect(&COLUMNS)))
            .from_as("users", "u")
            .join_as(
                JoinType::InnerJoin,
                "user_contacts",
                "c",
                Expr::col(("c", "user_id")).equals(("u", "user_id")),
            )
            .to_owned();
        let (filter, order) = (wanted(organization, filter), page.order());
        let keyset = self.keyset(order, page.after());
        let key = |found: &UserWithRoles| key(order, &found.user);
        self.page(select, filter, keyset, page, user_with_roles, key)
            .await
    }

    async fn find_contact(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<Contact>, PortError> {
        let row = user_contact::Entity::find_by_id(id.get())
            .inner_join(user::Entity)
            .filter(user::Column::OrganizationId.eq(organization.get()))
            .one(self.conn())
            .await
            .map_err(port_error)?;
        Ok(row.map(contact_to_domain))
    }

    async fn find_account(&self, login: &LoginName) -> Result<Option<Account>, PortError> {
        let query = if login.is_email() {
            account_query!("", by_email)
        } else {
            account_query!("", by_username)
        };
        let row = self.one(query, [login.key().as_str().into()]).await?;
        row.as_ref().map(account).transpose()
    }

    async fn find_credentials(&self, login: &LoginName) -> Result<Option<Credentials>, PortError> {
        let query = if login.is_email() {
            account_query!(credentials_columns!(), by_email)
        } else {
            account_query!(credentials_columns!(), by_username)
        };
        let row = self.one(query, [login.key().as_str().into()]).await?;
        row.as_ref().map(credentials).transpose()
    }

    async fn find_slowest_bcrypt(&self) -> Result<Option<PasswordHash>, PortError> {
        let Some(row) = self.one(SLOWEST_BCRYPT, []).await? else {
            return Ok(None);
        };
        Ok(Some(PasswordHash::new(column(&row, 0)?)))
    }
}

/// The users of an organization that a filter lets through.
fn wanted(organization: OrganizationId, filter: &UserFilter) -> Filter {
    let of_organization = |table: &'static str| {
        Expr::col((table, "organization_id")).eq(Expr::value(organization.get()))
    };
    let id = || Expr::col(("u", "user_id"));
    let mut wanted = Filter::all()
        .and(of_organization("u"))
        .equals(("u", "status"), filter.status.map(UserStatus::as_str));
    if !filter.roles.is_empty() {
        let roles = filter.roles.iter().map(|role| role.get());
        let holders = Query::select()
            .column(("h", "user_id"))
            .from_as("user_roles", "h")
            .and_where(of_organization("h"))
            .and_where(Expr::col(("h", "role_id")).is_in(roles))
            .to_owned();
        wanted = wanted.and(id().in_subquery(holders));
    }
    if let Some(prefix) = &filter.prefix {
        // Usernames and addresses are stored by their keys, names in lower case.
        let key = NameKey::of(prefix.as_str());
        let term = Condition::any()
            .add(begins_with(("t", "term"), key.as_str(), Expr::value))
            .add(begins_with(("t", "term"), prefix.as_str(), |text| {
                Func::lower(Expr::value(text)).into()
            }));
        let found = Query::select()
            .column(("t", "user_id"))
            .from_as("user_search_terms", "t")
            .and_where(of_organization("t"))
            .cond_where(term)
            .to_owned();
        wanted = wanted.and(id().in_subquery(found));
    }
    wanted
}

fn key(order: UserOrder, user: &User) -> UserKey {
    match order {
        UserOrder::Id => UserKey::Id(user.id),
        UserOrder::Oldest | UserOrder::Newest => UserKey::CreatedAt(user.created_at, user.id),
        UserOrder::Username | UserOrder::UsernameBackwards => {
            UserKey::Username(user.username.key().as_str().to_owned(), user.id)
        }
    }
}

impl<C: Connection> Sql<C> {
    fn keyset(&self, order: UserOrder, after: Option<&UserKey>) -> Keyset {
        let column = match order {
            UserOrder::Id => None,
            UserOrder::Oldest | UserOrder::Newest => Some(Expr::col(("u", "created_at"))),
            UserOrder::Username | UserOrder::UsernameBackwards => {
                Some(self.bytewise(("u", "username_key")))
            }
        };
        let direction = match order {
            UserOrder::Newest | UserOrder::UsernameBackwards => Order::Desc,
            _ => Order::Asc,
        };
        Keyset {
            columns: column
                .into_iter()
                .chain([Expr::col(("u", "user_id"))])
                .collect(),
            direction,
            after: after.map(|key| match key {
                UserKey::Id(id) => vec![id.get().into()],
                UserKey::CreatedAt(at, id) => vec![(*at).into(), id.get().into()],
                UserKey::Username(name, id) => vec![name.clone().into(), id.get().into()],
            }),
        }
    }
}

/// An account and the password hash after it.
pub(super) fn credentials(row: &QueryResult) -> Result<Credentials, PortError> {
    let password_hash: Option<String> = column(row, ACCOUNT_WIDTH)?;
    Ok(Credentials {
        account: account(row)?,
        password_hash: password_hash.map(PasswordHash::new),
        must_verify: column(row, ACCOUNT_WIDTH + 1)?,
    })
}
