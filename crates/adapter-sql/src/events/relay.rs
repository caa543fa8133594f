//! `OutboxRelay`: the row of an aggregate says how far its events are
//! published, and is what a claim takes.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{
    Aggregate, AggregateKind, ClaimedEvent, Event, EventId, EventType, OutboxRelay,
    StoppedAggregates,
};
use auth_domain::ids::UserId;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait as _, Query, SelectStatement, UpdateStatement,
};
use sea_orm::{ConnectionTrait as _, QueryResult};
use uuid::Uuid;

use crate::SqlStore;
use crate::begin::begin_write;
use crate::errors::port_error;
use crate::sql::{Dialects, Sql, column, id, id_column, word};

const AGGREGATES: &str = "outbox_aggregates";
const EVENTS: &str = "outbox_events";

/// What names an event for the databases: its aggregate and its number.
type Key = (String, String, i64);

// PostgreSQL passes over aggregates that another claim holds, or a transaction
// that appends to them. On SQLite the statement has the one writer to itself.
const CLAIM: Dialects = Dialects {
    postgres: "
UPDATE outbox_aggregates a SET claimable_at = $2, claimed_at = $1
FROM (SELECT aggregate_kind, aggregate_id FROM outbox_aggregates
    WHERE sent_sequence < last_sequence AND stopped_at IS NULL AND claimable_at <= $1
    ORDER BY claimable_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS ready
WHERE a.aggregate_kind = ready.aggregate_kind AND a.aggregate_id = ready.aggregate_id
RETURNING a.aggregate_kind, a.aggregate_id, a.sent_sequence + 1",
    sqlite: "
UPDATE outbox_aggregates SET claimable_at = $2, claimed_at = $1
WHERE rowid IN (SELECT rowid FROM outbox_aggregates
    WHERE sent_sequence < last_sequence AND stopped_at IS NULL AND claimable_at <= $1
    ORDER BY claimable_at LIMIT $3)
RETURNING aggregate_kind, aggregate_id, sent_sequence + 1",
};

#[async_trait]
impl OutboxRelay for SqlStore {
    async fn claim(
        &self,
        most: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ClaimedEvent>, PortError> {
        let writes = self.writes();
        let values = [now.into(), (now + lease).into(), i64::from(most).into()];
        let rows = writes.all(writes.in_dialect(&CLAIM), values).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // A statement of its own: it sees what was appended while the claim
        // waited for nothing.
        let keys: Vec<Key> = rows.iter().map(key).collect::<Result<_, _>>()?;
        let rows = writes.conn().query_all(&events_of(keys)).await;
        let rows = rows.map_err(port_error)?;
        Ok(rows.iter().filter_map(|row| readable(row, now)).collect())
    }

    async fn sent(&self, claims: &[ClaimedEvent], at: Timestamp) -> Result<(), PortError> {
        if claims.is_empty() {
            return Ok(());
        }
        let tx = Sql(begin_write(&self.pool).await.map_err(port_error)?);
        let mut passed = of_claims(claims);
        passed
            .value("sent_sequence", Expr::col("sent_sequence").add(1))
            .value("claimable_at", at)
            .value("failures", 0)
            .value("last_error", Option::<String>::None)
            .returning(Query::returning().columns([
                "aggregate_kind",
                "aggregate_id",
                "sent_sequence",
            ]));
        let rows = tx.conn().query_all(&passed).await.map_err(port_error)?;
        let keys: Vec<Key> = rows.iter().map(key).collect::<Result<_, _>>()?;
        if !keys.is_empty() {
            let mut sent = Query::update();
            sent.table(EVENTS)
                .value("sent_at", at)
                .cond_where(has_key(EVENTS, "sequence", keys));
            tx.conn().execute(&sent).await.map_err(port_error)?;
        }
        tx.0.commit().await.map_err(port_error)
    }

    async fn release(&self, claims: &[ClaimedEvent], at: Timestamp) -> Result<(), PortError> {
        if claims.is_empty() {
            return Ok(());
        }
        let mut given_back = of_claims(claims);
        given_back.value("claimable_at", at);
        self.change(&given_back).await.map(drop)
    }

    async fn put_off(
        &self,
        claim: &ClaimedEvent,
        at: Timestamp,
        error: &str,
    ) -> Result<(), PortError> {
        let mut later = refused(claim, error);
        later.value("claimable_at", at);
        self.change(&later).await.map(drop)
    }

    async fn stop(
        &self,
        claim: &ClaimedEvent,
        at: Timestamp,
        reason: &str,
    ) -> Result<(), PortError> {
        let mut stopped = refused(claim, reason);
        stopped.value("stopped_at", at);
        self.change(&stopped).await.map(drop)
    }

    async fn redrive(&self, which: &StoppedAggregates, now: Timestamp) -> Result<u64, PortError> {
        let mut on = Query::update();
        on.table(AGGREGATES)
            .value("stopped_at", Option::<Timestamp>::None)
            .value("claimable_at", now)
            .value("failures", 0)
            .value("last_error", Option::<String>::None)
            .and_where(Expr::col("stopped_at").is_not_null());
        if let StoppedAggregates::One(Aggregate { kind, id }) = which {
            on.and_where(Expr::col("aggregate_kind").eq(kind.as_str()))
                .and_where(Expr::col("aggregate_id").eq(id.as_str()));
        }
        self.change(&on).await
    }
}

impl SqlStore {
    async fn change(&self, update: &UpdateStatement) -> Result<u64, PortError> {
        let changed = self.writes().conn().execute(update).await;
        Ok(changed.map_err(port_error)?.rows_affected())
    }
}

/// An update of the aggregates of claims that still hold; it ends them.
fn of_claims(claims: &[ClaimedEvent]) -> UpdateStatement {
    let mut update = Query::update();
    let keys = claims.iter().map(|claim| {
        let Aggregate { kind, id } = &claim.event.aggregate;
        (kind.as_str().to_owned(), id.clone(), claim.sequence - 1)
    });
    let claimed_at = claims.iter().map(|claim| claim.claimed_at);
    update
        .table(AGGREGATES)
        .value("claimed_at", Option::<Timestamp>::None)
        .cond_where(has_key(AGGREGATES, "sent_sequence", keys.collect()))
        .and_where(Expr::col("claimed_at").is_in(claimed_at));
    update
}

/// An update of the aggregate of a claim whose event was refused.
fn refused(claim: &ClaimedEvent, error: &str) -> UpdateStatement {
    let mut update = of_claims(std::slice::from_ref(claim));
    update
        .value("failures", Expr::col("failures").add(1))
        .value("last_error", error);
    update
}

/// The rows of a table with one of the keys.
fn has_key(table: &'static str, sequence: &'static str, keys: Vec<Key>) -> Condition {
    let columns = ["aggregate_kind", "aggregate_id", sequence];
    let columns = columns.map(|name| Expr::col((table, name)));
    Condition::all().add(Expr::tuple(columns).in_tuples(keys))
}

/// The events with those keys, in the order in which they were written down.
fn events_of(keys: Vec<Key>) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(
            [
                "event_id",
                "event_type",
                "aggregate_kind",
                "aggregate_id",
                "sequence",
                "organization_id",
                "actor_id",
                "request_id",
                "occurred_at",
                "payload",
            ]
            .map(|name| (EVENTS, name)),
        )
        .column((AGGREGATES, "failures"))
        .from(EVENTS)
        .inner_join(
            AGGREGATES,
            ["aggregate_kind", "aggregate_id"]
                .into_iter()
                .fold(Condition::all(), |all, name| {
                    all.add(Expr::col((EVENTS, name)).equals((AGGREGATES, name)))
                }),
        )
        .cond_where(has_key(EVENTS, "sequence", keys))
        .order_by((EVENTS, "position"), sea_orm::Order::Asc);
    select
}

fn key(row: &QueryResult) -> Result<Key, PortError> {
    Ok((column(row, 0)?, column(row, 1)?, column(row, 2)?))
}

/// An event that cannot be read, one of a newer release for example, waits
/// with its aggregate; the others of the claim go on.
fn readable(row: &QueryResult, claimed_at: Timestamp) -> Option<ClaimedEvent> {
    match claimed(row, claimed_at) {
        Ok(event) => Some(event),
        Err(error) => {
            let event = column::<Uuid>(row, "event_id")
                .ok()
                .map(tracing::field::display);
            let error = &error as &dyn std::error::Error;
            tracing::error!(event, error, "an event of the outbox cannot be read");
            None
        }
    }
}

fn claimed(row: &QueryResult, claimed_at: Timestamp) -> Result<ClaimedEvent, PortError> {
    let event_type: String = column(row, "event_type")?;
    let kind: String = column(row, "aggregate_kind")?;
    let payload: String = column(row, "payload")?;
    let actor_id: Option<i64> = column(row, "actor_id")?;
    let failures: i32 = column(row, "failures")?;
    let event = Event {
        id: EventId(column::<Uuid>(row, "event_id")?),
        event_type: word(EventType::parse, &event_type, "event_type")?,
        aggregate: Aggregate {
            kind: word(AggregateKind::parse, &kind, "aggregate_kind")?,
            id: column(row, "aggregate_id")?,
        },
        organization_id: id_column(row, "organization_id")?,
        actor_id: actor_id.map(id::<UserId>).transpose()?,
        request_id: column(row, "request_id")?,
        at: column(row, "occurred_at")?,
        payload: serde_json::from_str(&payload).map_err(PortError::corrupt)?,
    };
    Ok(ClaimedEvent {
        event,
        sequence: column(row, "sequence")?,
        failures: u32::try_from(failures).map_err(PortError::corrupt)?,
        claimed_at,
    })
}
