//! Looking at the outbox from outside.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::events::{
    Aggregate, AggregateKind, Backlog, BacklogFilter, BacklogState, EventId, EventType,
    OutboxAdmin, OutboxCounts, UnsentEvent,
};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::SqlStore;
use crate::sql::{column, word};

macro_rules! backlogs {
    ($which:literal) => {
        concat!(
            "SELECT aggregate_kind, aggregate_id, \
                 CASE WHEN stopped_at IS NOT NULL THEN 'stopped' \
                     WHEN claimed_at IS NOT NULL THEN 'claimed' ELSE 'waiting' END, \
                 last_sequence - sent_sequence, sent_sequence + 1, claimable_at, failures, \
                 last_error \
             FROM outbox_aggregates \
             WHERE sent_sequence < last_sequence AND (aggregate_kind, aggregate_id) > ($1, $2)",
            $which,
            " ORDER BY aggregate_kind, aggregate_id LIMIT $3"
        )
    };
}

const BACKLOGS: &str = backlogs!("");
const STOPPED: &str = backlogs!(" AND stopped_at IS NOT NULL");

const UNSENT: &str = "
SELECT e.sequence, e.event_id, e.event_type, e.occurred_at, e.request_id
FROM outbox_aggregates a
JOIN outbox_events e ON e.aggregate_kind = a.aggregate_kind AND e.aggregate_id = a.aggregate_id
    AND e.sequence > a.sent_sequence
WHERE a.aggregate_kind = $1 AND a.aggregate_id = $2
ORDER BY e.sequence LIMIT $3";

// Reads the aggregates with unsent events; a stopped one has some.
const COUNTS: &str = "
SELECT CAST(coalesce(sum(a.last_sequence - a.sent_sequence), 0) AS bigint),
    count(*) FILTER (WHERE a.stopped_at IS NOT NULL),
    min(e.occurred_at) FILTER (WHERE a.stopped_at IS NULL)
FROM outbox_aggregates a
LEFT JOIN outbox_events e ON e.aggregate_kind = a.aggregate_kind
    AND e.aggregate_id = a.aggregate_id AND e.sequence = a.sent_sequence + 1
WHERE a.sent_sequence < a.last_sequence AND a.stopped_at IS NULL
    OR a.stopped_at IS NOT NULL";

#[async_trait]
impl OutboxAdmin for SqlStore {
    async fn backlogs(
        &self,
        filter: BacklogFilter,
        after: Option<Aggregate>,
        limit: u32,
    ) -> Result<Vec<Backlog>, PortError> {
        let (kind, id) = after.map_or_else(
            || (String::new(), String::new()),
            |after| (after.kind.as_str().to_owned(), after.id),
        );
        let list = if filter.stopped { STOPPED } else { BACKLOGS };
        let values = [kind.into(), id.into(), i64::from(limit).into()];
        let rows = self.reads.all(list, values).await?;
        rows.iter().map(backlog).collect()
    }

    async fn unsent(
        &self,
        aggregate: &Aggregate,
        limit: u32,
    ) -> Result<Vec<UnsentEvent>, PortError> {
        let values = [
            aggregate.kind.as_str().into(),
            aggregate.id.clone().into(),
            i64::from(limit).into(),
        ];
        let rows = self.reads.all(UNSENT, values).await?;
        rows.iter().map(unsent).collect()
    }

    async fn counts(&self) -> Result<OutboxCounts, PortError> {
        let row = self.reads.one(COUNTS, []).await?;
        let row = row.ok_or_else(|| PortError::corrupt("no counts of the outbox"))?;
        Ok(OutboxCounts {
            unsent: count(&row, 0)?,
            stopped: count(&row, 1)?,
            oldest: column(&row, 2)?,
        })
    }
}

fn backlog(row: &QueryResult) -> Result<Backlog, PortError> {
    let kind: String = column(row, 0)?;
    let state: String = column(row, 2)?;
    let failures: i32 = column(row, 6)?;
    Ok(Backlog {
        aggregate: Aggregate {
            kind: word(AggregateKind::parse, &kind, "aggregate_kind")?,
            id: column(row, 1)?,
        },
        state: word(BacklogState::parse, &state, "the state of a backlog")?,
        unsent: count(row, 3)?,
        next: column(row, 4)?,
        claimable_at: column(row, 5)?,
        failures: u32::try_from(failures).map_err(PortError::corrupt)?,
        last_error: column(row, 7)?,
    })
}

fn unsent(row: &QueryResult) -> Result<UnsentEvent, PortError> {
    let event_type: String = column(row, 2)?;
    Ok(UnsentEvent {
        sequence: column(row, 0)?,
        id: EventId(column::<Uuid>(row, 1)?),
        event_type: EventType::parse(&event_type),
        at: column(row, 3)?,
        request_id: column(row, 4)?,
    })
}

fn count(row: &QueryResult, index: usize) -> Result<u64, PortError> {
    let count: i64 = column(row, index)?;
    u64::try_from(count).or(Err(PortError::corrupt("a count of events")))
}
