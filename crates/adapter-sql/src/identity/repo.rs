//! Writes of sessions.

use std::net::IpAddr;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{
    LockedCaller, NewSession, PreviousToken, RefreshState, RevokeReason, Rotation, SealedToken,
    SessionRepo, TokenDigest,
};
use auth_domain::ids::{SessionId, UserId};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _, QueryResult,
};

use super::admission::{ADMISSION_WIDTH, admission, admission_columns, admission_tables};
use super::digest::{bytes, digest};
use crate::entities::session::{ActiveModel, Entity};
use crate::errors::{port_error, refers_to};
use crate::rbac::{ids, permission_names};
use crate::sql::{Dialects, Sql, column, id, id_column};

const REFRESH_STATE: &str = concat!(
    "SELECT ",
    admission_columns!(),
    ", s.refresh_digest, s.previous_digest, s.successor_sealed, s.rotated_at",
    admission_tables!(),
    " WHERE s.session_id = $1"
);

/// The columns of an admission, the user's roles as `$roles` lists them, and
/// what they grant, as one JSON list that `$agg` makes; `$lock` is said of user and session.
macro_rules! lock_caller {
    ($roles:literal, $agg:literal, $lock:literal) => {
        concat!(
            "SELECT ",
            admission_columns!(),
            ", (SELECT ",
            $roles,
            "(CAST(h.role_id AS text), ',') FROM user_roles h \
              WHERE h.organization_id = s.organization_id AND h.user_id = s.user_id), (SELECT ",
            $agg,
            " FROM user_roles h \
              JOIN role_permissions g \
                  ON g.organization_id = h.organization_id AND g.role_id = h.role_id \
              JOIN permissions p ON p.permission_id = g.permission_id \
              WHERE h.organization_id = s.organization_id AND h.user_id = s.user_id)",
            admission_tables!(),
            " WHERE s.session_id = $1",
            $lock
        )
    };
}

// The user's row before the session's, as every other write of both does. On
// SQLite the transaction itself is the lock.
const LOCK_CALLER: Dialects = Dialects {
    postgres: lock_caller!(
        "string_agg",
        "json_agg(DISTINCT p.name)::text",
        " FOR NO KEY UPDATE OF u, s"
    ),
    sqlite: lock_caller!("group_concat", "json_group_array(DISTINCT p.name)", ""),
};

// More than a user ever has: SQLite knows OFFSET with a LIMIT only.
const REVOKE_LONGEST_UNUSED: &str = "
UPDATE sessions SET revoked_at = $2, revoke_reason = $3
WHERE session_id IN (
    SELECT session_id FROM sessions
    WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND absolute_expires_at > $2
    ORDER BY COALESCE(last_refreshed_at, issued_at) DESC, session_id DESC
    LIMIT 9007199254740991 OFFSET $4)
RETURNING session_id";

const ROTATE: &str = "
UPDATE sessions SET
    refresh_digest = $3, previous_digest = $2, successor_sealed = $4, rotated_at = $5,
    last_refreshed_at = $5, expires_at = $6,
    ip_address = COALESCE($7, ip_address), user_agent = COALESCE($8, user_agent)
WHERE session_id = $1 AND refresh_digest = $2";

const REVOKE_ALL: &str = "
UPDATE sessions SET revoked_at = $2, revoke_reason = $3
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND absolute_expires_at > $2
    AND session_id <> $4
RETURNING session_id";

/// A session that does not exist.
const NO_SESSION: i64 = 0;

// No second chance: what was sealed for the lost answer goes too.
const REISSUE: &str = "
UPDATE sessions SET
    refresh_digest = $2, previous_digest = NULL, successor_sealed = NULL, rotated_at = NULL,
    expires_at = $3
WHERE session_id = $1";

// Without a time: the token was replaced, but the session was not rotated.
const REMEMBER_CURRENT: &str = "
INSERT INTO session_refresh_history (session_id, digest)
SELECT session_id, refresh_digest FROM sessions
WHERE session_id = $1 AND refresh_digest IS NOT NULL
ON CONFLICT (session_id, digest) DO NOTHING";

#[async_trait]
impl SessionRepo for Sql<DatabaseTransaction> {
    async fn insert(&mut self, new: &NewSession) -> Result<SessionId, PortError> {
        let row = ActiveModel {
            session_id: NotSet,
            user_id: Set(new.user_id.get()),
            organization_id: Set(new.organization_id.get()),
            issued_at: Set(new.issued_at),
            refresh_digest: Set(new.refresh_digest.as_ref().map(bytes)),
            expires_at: Set(new.expires_at),
            absolute_expires_at: Set(new.absolute_expires_at),
            ip_address: Set(new.origin.ip.as_ref().map(IpAddr::to_string)),
            user_agent: Set(new.origin.user_agent.clone()),
            ..ActiveModel::default()
        };
        let inserted = Entity::insert(row)
            .exec(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::User))?;
        id(inserted.last_insert_id)
    }

    async fn lock_caller(&mut self, session: SessionId) -> Result<Option<LockedCaller>, PortError> {
        let query = self.in_dialect(&LOCK_CALLER);
        let row = self.one(query, [session.get().into()]).await?;
        row.map(|row| locked_caller(session, &row)).transpose()
    }

    async fn revoke_longest_unused(
        &mut self,
        user: UserId,
        keep: u32,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, PortError> {
        let values = [
            user.get().into(),
            at.into(),
            reason.as_str().into(),
            i64::from(keep).into(),
        ];
        session_ids(&self.all(REVOKE_LONGEST_UNUSED, values).await?)
    }

    async fn lock_for_refresh(
        &mut self,
        session: SessionId,
    ) -> Result<Option<RefreshState>, PortError> {
        self.lock_session(session).await?;
        let row = self.one(REFRESH_STATE, [session.get().into()]).await?;
        row.map(|row| refresh_state(session, &row)).transpose()
    }

    async fn was_rotated(
        &mut self,
        session: SessionId,
        digest: &TokenDigest,
    ) -> Result<bool, PortError> {
        let row = self
            .one(
                "SELECT 1 FROM session_refresh_history WHERE session_id = $1 AND digest = $2",
                [session.get().into(), bytes(digest).into()],
            )
            .await?;
        Ok(row.is_some())
    }

    async fn nth_last_rotation(
        &mut self,
        session: SessionId,
        n: u32,
    ) -> Result<Option<Timestamp>, PortError> {
        let later = i64::from(n.saturating_sub(1));
        let row = self
            .one(
                "SELECT rotated_at FROM session_refresh_history \
                 WHERE session_id = $1 AND rotated_at IS NOT NULL \
                 ORDER BY rotated_at DESC LIMIT 1 OFFSET $2",
                [session.get().into(), later.into()],
            )
            .await?;
        row.map(|row| column(&row, 0)).transpose()
    }

    async fn rotate(&mut self, rotation: &Rotation) -> Result<(), PortError> {
        let session = rotation.session_id.get();
        let ip = rotation.origin.ip.as_ref().map(IpAddr::to_string);
        let changed = self
            .execute(
                ROTATE,
                [
                    session.into(),
                    bytes(&rotation.old).into(),
                    bytes(&rotation.new).into(),
                    rotation.successor.0.clone().into(),
                    rotation.at.into(),
                    rotation.expires_at.into(),
                    ip.into(),
                    rotation.origin.user_agent.clone().into(),
                ],
            )
            .await?;
        if changed == 0 {
            return Err(PortError::Stale);
        }
        self.execute(
            "INSERT INTO session_refresh_history (session_id, digest, rotated_at) \
             VALUES ($1, $2, $3) ON CONFLICT (session_id, digest) DO NOTHING",
            [
                session.into(),
                bytes(&rotation.old).into(),
                rotation.at.into(),
            ],
        )
        .await?;
        Ok(())
    }

    async fn revoke(
        &mut self,
        session: SessionId,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<bool, PortError> {
        let changed = self
            .execute(
                "UPDATE sessions SET revoked_at = $2, revoke_reason = $3 \
                 WHERE session_id = $1 AND revoked_at IS NULL",
                [session.get().into(), at.into(), reason.as_str().into()],
            )
            .await?;
        Ok(changed > 0)
    }

    async fn revoke_all_of_user(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, PortError> {
        let rows = self
            .all(
                REVOKE_ALL,
                [
                    user.get().into(),
                    at.into(),
                    reason.as_str().into(),
                    except.map_or(NO_SESSION, SessionId::get).into(),
                ],
            )
            .await?;
        session_ids(&rows)
    }

    async fn reissue(
        &mut self,
        session: SessionId,
        digest: &TokenDigest,
        expires_at: Timestamp,
    ) -> Result<(), PortError> {
        self.lock_session(session).await?;
        self.execute(REMEMBER_CURRENT, [session.get().into()])
            .await?;
        let changed = self
            .execute(
                REISSUE,
                [
                    session.get().into(),
                    bytes(digest).into(),
                    expires_at.into(),
                ],
            )
            .await?;
        if changed == 0 {
            return Err(PortError::Stale);
        }
        Ok(())
    }
}

impl Sql<DatabaseTransaction> {
    /// Waits until no other transaction holds the session. A statement of its
    /// own: what the next one reads is then as it is after the wait, the
    /// user's and the organization's rows too. On SQLite the transaction
    /// itself is the lock.
    async fn lock_session(&self, session: SessionId) -> Result<(), PortError> {
        if !self.is_postgres() {
            return Ok(());
        }
        self.one(
            "SELECT session_id FROM sessions WHERE session_id = $1 FOR NO KEY UPDATE",
            [session.get().into()],
        )
        .await?;
        Ok(())
    }
}

/// The ids in the first column, ascending.
fn session_ids(rows: &[QueryResult]) -> Result<Vec<SessionId>, PortError> {
    let ids = rows.iter().map(|row| id_column(row, 0));
    let mut ids: Vec<SessionId> = ids.collect::<Result<_, _>>()?;
    ids.sort_unstable();
    Ok(ids)
}

fn locked_caller(session: SessionId, row: &QueryResult) -> Result<LockedCaller, PortError> {
    let roles: Option<String> = column(row, ADMISSION_WIDTH)?;
    let names: Option<String> = column(row, ADMISSION_WIDTH + 1)?;
    Ok(LockedCaller {
        admission: admission(session, row)?,
        role_ids: ids(roles.as_deref().unwrap_or_default()).collect::<Result<_, _>>()?,
        permissions: permission_names(names.as_deref())?,
    })
}

fn refresh_state(session: SessionId, row: &QueryResult) -> Result<RefreshState, PortError> {
    let current: Option<Vec<u8>> = column(row, ADMISSION_WIDTH)?;
    let previous: Option<Vec<u8>> = column(row, ADMISSION_WIDTH + 1)?;
    let successor: Option<Vec<u8>> = column(row, ADMISSION_WIDTH + 2)?;
    let rotated_at: Option<Timestamp> = column(row, ADMISSION_WIDTH + 3)?;
    let previous = match (previous, successor, rotated_at) {
        (Some(old), Some(successor), Some(rotated_at)) => Some(PreviousToken {
            digest: digest(old)?,
            successor: SealedToken(successor),
            rotated_at,
        }),
        _ => None,
    };
    Ok(RefreshState {
        admission: admission(session, row)?,
        current: current.map(digest).transpose()?,
        previous,
    })
}
