//! `migrate`: the schema, applied or shown.

use auth_config::Settings;
use auth_sql::SqlStore;

use super::args::{MigrateArgs, MigrateCommand};
use crate::{Failure, console, wiring};

pub(super) fn run(settings: &Settings, args: &MigrateArgs) -> Result<(), Failure> {
    wiring::block_on(async {
        let store = wiring::connect_store(settings).await?;
        let outcome = match args.command.unwrap_or_default() {
            MigrateCommand::Up => up(&store).await,
            MigrateCommand::Status => status(&store).await,
        };
        wiring::close(&store).await;
        outcome
    })
}

async fn up(store: &SqlStore) -> Result<(), Failure> {
    console::out(match wiring::migrate(store).await? {
        0 => "The schema is up to date.".to_owned(),
        1 => "Applied 1 migration.".to_owned(),
        n => format!("Applied {n} migrations."),
    });
    Ok(())
}

async fn status(store: &SqlStore) -> Result<(), Failure> {
    for migration in wiring::migration_status(store).await? {
        let state = if migration.applied {
            "applied"
        } else {
            "pending"
        };
        console::out(format!("{state:8} {}", migration.name));
    }
    Ok(())
}
