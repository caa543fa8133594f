//! Driver errors to [`PortError`], by constraint name and error class.

use auth_domain::error::{Constraint, PortError};
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{DbErr, RuntimeErr, SqlxPostgresError, SqlxSqliteError};

/// Unique constraints: the name, as PostgreSQL reports it, and the columns, as
/// SQLite does.
const UNIQUE: &[(&str, &str, Constraint)] = &[
    (
        "organizations_name_key_key",
        "organizations.name_key",
        Constraint::OrganizationName,
    ),
    (
        "users_username_key_key",
        "users.username_key",
        Constraint::Username,
    ),
    (
        "user_contacts_email_key_key",
        "user_contacts.email_key",
        Constraint::Email,
    ),
    (
        "roles_organization_id_name_key_key",
        "roles.organization_id, roles.name_key",
        Constraint::RoleName,
    ),
    (
        "roles_organization_id_system_role_key",
        "roles.organization_id, roles.system_role",
        Constraint::RoleName,
    ),
    (
        "permissions_name_key",
        "permissions.name",
        Constraint::PermissionName,
    ),
    (
        "role_permissions_pkey",
        "role_permissions.role_id, role_permissions.permission_id",
        Constraint::RolePermission,
    ),
    (
        "user_roles_user_id_role_id_key",
        "user_roles.user_id, user_roles.role_id",
        Constraint::UserRole,
    ),
];

/// References, as PostgreSQL names them. SQLite names none: a repository says
/// with [`refers_to`] what its statement refers to.
const REFERENCES: &[(&str, Constraint)] = &[
    ("organizations_owner_id_fkey", Constraint::User),
    ("users_organization_id_fkey", Constraint::Organization),
    ("user_contacts_user_id_fkey", Constraint::User),
    ("memberships_organization_id_fkey", Constraint::Organization),
    ("memberships_user_id_fkey", Constraint::User),
    ("roles_organization_id_fkey", Constraint::Organization),
    ("role_permissions_role_id_fkey", Constraint::Role),
    (
        "role_permissions_permission_id_fkey",
        Constraint::Permission,
    ),
    ("user_roles_user_id_fkey", Constraint::User),
    ("user_roles_role_id_fkey", Constraint::Role),
    ("sessions_user_id_fkey", Constraint::User),
    ("one_time_tokens_user_id_fkey", Constraint::User),
    ("security_alerts_user_id_fkey", Constraint::User),
    ("login_activity_user_id_fkey", Constraint::User),
    ("archived_users_user_id_fkey", Constraint::User),
    ("audit_logs_organization_id_fkey", Constraint::Organization),
    ("audit_logs_actor_user_id_fkey", Constraint::User),
];

/// What a port answers for a driver's error.
pub(crate) fn port_error(error: DbErr) -> PortError {
    match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => {
            PortError::Unavailable(Box::new(error))
        }
        DbErr::Type(what) => PortError::corrupt(what),
        DbErr::TryIntoErr { from, into, .. } => PortError::corrupt(format!("{from} as {into}")),
        DbErr::RecordNotUpdated => PortError::Stale,
        DbErr::Exec(RuntimeErr::SqlxError(driver))
        | DbErr::Query(RuntimeErr::SqlxError(driver))
        | DbErr::Conn(RuntimeErr::SqlxError(driver)) => match class_of(driver) {
            Class::Unique(constraint) => PortError::NotUnique(constraint),
            Class::Reference(constraint) => PortError::MissingReference(constraint),
            Class::Race => PortError::Retryable(Box::new(error)),
            Class::Away => PortError::Unavailable(Box::new(error)),
            Class::Pooled => PortError::Unavailable(Box::new(PooledBetween(error))),
            Class::Corrupt(what) => PortError::Corrupt { what },
            Class::Other => PortError::Backend(Box::new(error)),
        },
        _ => PortError::Backend(Box::new(error)),
    }
}

/// Names the reference that a statement breaks, where the statement has only
/// that one and the database did not name it.
pub(crate) fn refers_to(constraint: Constraint) -> impl Fn(PortError) -> PortError {
    move |error| match error {
        PortError::MissingReference(Constraint::Other) => PortError::MissingReference(constraint),
        other => other,
    }
}

/// Prepared statements are of a session, and a session is not one session
/// behind such a pooler.
#[derive(Debug, thiserror::Error)]
#[error(
    "a connection pooler stands before PostgreSQL and shares sessions between transactions: use \
     its session mode (PgBouncer: pool_mode = session)"
)]
struct PooledBetween(#[source] DbErr);

enum Class {
    Unique(Constraint),
    Reference(Constraint),
    Race,
    Away,
    Pooled,
    Corrupt(String),
    Other,
}

fn class_of(error: &SqlxError) -> Class {
    match error {
        // A connection that breaks off in the middle of an answer is one that
        // speaks another protocol, as seen from here.
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::BeginFailed
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => Class::Away,
        SqlxError::ColumnDecode { index, .. } => Class::Corrupt(format!("column {index}")),
        SqlxError::RowNotFound
        | SqlxError::TypeNotFound { .. }
        | SqlxError::ColumnIndexOutOfBounds { .. }
        | SqlxError::ColumnNotFound(_)
        | SqlxError::Decode(_) => Class::Corrupt(error.to_string()),
        SqlxError::Database(reported) => {
            if let Some(postgres) = reported.try_downcast_ref::<SqlxPostgresError>() {
                postgres_class(postgres.code(), postgres.constraint())
            } else if let Some(sqlite) = reported.try_downcast_ref::<SqlxSqliteError>() {
                use sea_orm::sqlx::error::DatabaseError as _;
                let code = sqlite.code().and_then(|code| code.parse().ok());
                sqlite_class(code.unwrap_or_default(), sqlite.message())
            } else {
                Class::Other
            }
        }
        _ => Class::Other,
    }
}

/// By SQLSTATE (PostgreSQL, appendix A).
fn postgres_class(code: &str, constraint: Option<&str>) -> Class {
    match code {
        "23505" => Class::Unique(
            UNIQUE
                .iter()
                .find(|(name, ..)| Some(*name) == constraint)
                .map_or(Constraint::Other, |(.., known)| *known),
        ),
        "23503" => Class::Reference(
            REFERENCES
                .iter()
                .find(|(name, _)| Some(*name) == constraint)
                .map_or(Constraint::Other, |(_, known)| *known),
        ),
        // Serialization failure, deadlock, lock timeout.
        "40001" | "40P01" | "55P03" => Class::Race,
        // Statement timeout; a server that shuts down, starts up or was
        // demoted; out of connections, memory or disk.
        "57014" | "57P01" | "57P02" | "57P03" | "57P05" | "25006" => Class::Away,
        // Such a statement exists already, or no more.
        "42P05" | "26000" => Class::Pooled,
        _ if code.starts_with("08") || code.starts_with("53") => Class::Away,
        _ => Class::Other,
    }
}

/// By result code (<https://www.sqlite.org/rescode.html>).
fn sqlite_class(code: i32, message: &str) -> Class {
    const CONSTRAINT_FOREIGNKEY: i32 = 787;
    const CONSTRAINT_PRIMARYKEY: i32 = 1555;
    const CONSTRAINT_UNIQUE: i32 = 2067;
    match code {
        CONSTRAINT_UNIQUE | CONSTRAINT_PRIMARYKEY => {
            let columns = message.rsplit_once(": ").map(|(_, columns)| columns);
            let known = UNIQUE.iter().find(|(_, key, _)| Some(*key) == columns);
            return Class::Unique(known.map_or(Constraint::Other, |(.., known)| *known));
        }
        CONSTRAINT_FOREIGNKEY => return Class::Reference(Constraint::Other),
        _ => {}
    }
    match code & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => Class::Race,
        // SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN
        8 | 10 | 13 | 14 => Class::Away,
        // SQLITE_CORRUPT, SQLITE_NOTADB
        11 | 26 => Class::Corrupt("the database file".to_owned()),
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_violation_is_told_by_name_and_by_columns() {
        for (name, columns, constraint) in UNIQUE {
            let postgres = postgres_class("23505", Some(name));
            assert!(matches!(postgres, Class::Unique(c) if c == *constraint));
            let message = format!("UNIQUE constraint failed: {columns}");
            for code in [1555, 2067] {
                let sqlite = sqlite_class(code, &message);
                assert!(matches!(sqlite, Class::Unique(c) if c == *constraint));
            }
        }
    }

    #[test]
    fn a_constraint_that_no_use_case_knows_is_other() {
        let unknown = postgres_class("23505", Some("sessions_pkey"));
        assert!(matches!(unknown, Class::Unique(Constraint::Other)));
        let unknown = sqlite_class(2067, "UNIQUE constraint failed: index 'x'");
        assert!(matches!(unknown, Class::Unique(Constraint::Other)));
    }

    #[test]
    fn a_lost_race_is_told_from_a_store_that_is_away() {
        for code in ["40001", "40P01", "55P03"] {
            assert!(matches!(postgres_class(code, None), Class::Race), "{code}");
        }
        for code in ["57P01", "57P03", "57014", "08006", "53300"] {
            assert!(matches!(postgres_class(code, None), Class::Away), "{code}");
        }
        // SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT; SQLITE_FULL
        for code in [5, 517] {
            assert!(matches!(sqlite_class(code, ""), Class::Race), "{code}");
        }
        assert!(matches!(sqlite_class(13, ""), Class::Away));
    }

    /// Of each class of the driver that a fault of a server or network can be.
    #[test]
    fn what_breaks_on_the_way_is_a_store_that_is_away() {
        let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        for error in [
            SqlxError::Io(broken()),
            SqlxError::Tls(Box::new(broken())),
            SqlxError::Protocol("not PostgreSQL".to_owned()),
            SqlxError::BeginFailed,
            SqlxError::PoolTimedOut,
            SqlxError::PoolClosed,
            SqlxError::WorkerCrashed,
        ] {
            let text = error.to_string();
            for error in [DbErr::Conn, DbErr::Exec, DbErr::Query] {
                let port = port_error(error(RuntimeErr::SqlxError(
                    SqlxError::Protocol(text.clone()).into(),
                )));
                assert!(matches!(port, PortError::Unavailable(_)), "{text}");
            }
            assert!(matches!(class_of(&error), Class::Away), "{text}");
        }
    }
}
