//! `outbox`: unpublished events, listed or let go on.

use auth_application::events::OutboxAdministration;
use auth_config::Settings;
use auth_domain::events::{Aggregate, Backlog, BacklogFilter, StoppedAggregates, UnsentEvent};

use super::args::{OutboxCommand, OutboxListArgs, OutboxRedriveArgs};
use crate::console::{cell, time};
use crate::wiring::{self, Components};
use crate::{Failure, console};

/// How many rows are read at once.
const PAGE: u32 = 500;
/// The name under which a redrive is logged.
const PROGRAM: &str = "auth-microservice outbox redrive";
const BACKLOGS: &str = "AGGREGATE\tSTATE\tUNSENT\tNEXT\tREADY\tREFUSED\tERROR";
const EVENTS: &str = "SEQUENCE\tEVENT\tTYPE\tAT\tREQUEST";

pub(super) fn run(settings: &Settings, command: &OutboxCommand) -> Result<(), Failure> {
    let _logs = wiring::init_command_logs(settings)?;
    wiring::block_on(async {
        let (components, _app) = Components::connect_for_command(settings).await?;
        let outbox = components.outbox_administration();
        let outcome = match command {
            OutboxCommand::List(args) => list(&outbox, args).await,
            OutboxCommand::Show(args) => show(&outbox, &args.aggregate).await,
            OutboxCommand::Redrive(args) => redrive(&outbox, args).await,
        };
        components.close().await;
        outcome
    })
}

async fn list(outbox: &OutboxAdministration, args: &OutboxListArgs) -> Result<(), Failure> {
    let filter = BacklogFilter {
        stopped: args.stopped,
    };
    console::out(BACKLOGS);
    let mut after = None;
    loop {
        let page = outbox.backlogs(filter, after, PAGE).await;
        let page = page.map_err(|e| Failure::caused("the outbox cannot be read", &e))?;
        for backlog in &page {
            console::out(backlog_line(backlog));
        }
        match page.into_iter().last() {
            Some(last) => after = Some(last.aggregate),
            None => return Ok(()),
        }
    }
}

async fn show(outbox: &OutboxAdministration, aggregate: &Aggregate) -> Result<(), Failure> {
    let events = outbox.unsent(aggregate, PAGE).await;
    let events = events.map_err(|e| Failure::caused("the outbox cannot be read", &e))?;
    console::out(EVENTS);
    for event in &events {
        console::out(event_line(event));
    }
    Ok(())
}

async fn redrive(outbox: &OutboxAdministration, args: &OutboxRedriveArgs) -> Result<(), Failure> {
    let which = match &args.aggregate {
        Some(aggregate) => StoppedAggregates::One(aggregate.clone()),
        None => StoppedAggregates::All,
    };
    let redriven = outbox.redrive(&which, PROGRAM).await;
    let redriven = redriven.map_err(|e| Failure::caused("the events cannot be redriven", &e))?;
    if let (StoppedAggregates::One(aggregate), 0) = (&which, redriven) {
        return Err(Failure::new(format!("{aggregate} has not stopped")));
    }
    console::out(match redriven {
        1 => "Redrove 1 aggregate.".to_owned(),
        count => format!("Redrove {count} aggregates."),
    });
    Ok(())
}

fn backlog_line(backlog: &Backlog) -> String {
    [
        cell(Some(&backlog.aggregate.to_string())),
        backlog.state.to_string(),
        backlog.unsent.to_string(),
        backlog.next.to_string(),
        time(backlog.claimable_at),
        backlog.failures.to_string(),
        cell(backlog.last_error.as_deref()),
    ]
    .join("\t")
}

fn event_line(event: &UnsentEvent) -> String {
    [
        event.sequence.to_string(),
        event.id.0.to_string(),
        event
            .event_type
            .map_or("-", |known| known.as_str())
            .to_owned(),
        time(event.at),
        cell(event.request_id.as_deref()),
    ]
    .join("\t")
}
