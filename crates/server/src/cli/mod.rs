//! The command line.

mod args;
mod broker;
mod config;
mod health;
mod jobs;
mod migrate;
mod outbox;
mod password;
mod superuser;
mod users;

use std::process::ExitCode;

use auth_config::{Notice, Postgres, Settings, Sources};
use clap::Parser as _;

use self::args::{AllInOne, Command, Split};
use crate::{Failure, console, serve, wiring, work};

/// What a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything in one process.
    AllInOne,
    /// The API of a split deployment.
    Api,
}

/// `auth-microservice`: everything in one process, and the commands of an
/// operator.
pub fn auth_microservice() -> ExitCode {
    exit(run_all_in_one(AllInOne::parse()))
}

/// `auth-api`: the API of a split deployment.
pub fn auth_api() -> ExitCode {
    exit(run_api(&Split::parse()))
}

/// `auth-worker`: the background jobs of a split deployment.
pub fn auth_worker() -> ExitCode {
    exit(run_worker(&Split::parse()))
}

fn run_all_in_one(args: AllInOne) -> Result<(), Failure> {
    let overrides = args.overrides();
    match args.command.unwrap_or_default() {
        Command::Serve(serve) => {
            let (settings, notices) = settings(overrides)?;
            serve::run(&settings, &notices, Role::AllInOne, serve.migrate)
        }
        Command::Createsuperuser(args) => superuser::run(&quiet_settings(overrides)?, &args),
        Command::Users(args) => users::run(&quiet_settings(overrides)?, &args.command),
        Command::Migrate(args) => migrate::run(&quiet_settings(overrides)?, &args),
        Command::Jobs(args) => jobs::run(&quiet_settings(overrides)?, &args.command),
        Command::Outbox(args) => outbox::run(&quiet_settings(overrides)?, &args.command),
        Command::Broker(args) => broker::run(&quiet_settings(overrides)?, &args.command),
        Command::Health(args) => health::run(&settings(overrides)?.0.listen, &args),
        Command::Config(args) => config::run(&Sources::from_process(overrides), &args),
    }
}

fn run_api(args: &Split) -> Result<(), Failure> {
    let (settings, notices) = split_settings(args, "auth-api")?;
    serve::run(&settings, &notices, Role::Api, false)
}

fn run_worker(args: &Split) -> Result<(), Failure> {
    let (settings, notices) = split_settings(args, "auth-worker")?;
    work::run(&settings, &notices)
}

fn settings(overrides: Vec<(&'static str, String)>) -> Result<(Settings, Vec<Notice>), Failure> {
    wiring::load_settings(&Sources::from_process(overrides))
}

/// The settings of a command that does not listen.
fn quiet_settings(overrides: Vec<(&'static str, String)>) -> Result<Settings, Failure> {
    let sources = Sources::from_process(overrides).without_listener();
    wiring::load_settings(&sources).map(|(settings, _)| settings)
}

fn split_settings(args: &Split, program: &str) -> Result<(Settings, Vec<Notice>), Failure> {
    let (settings, notices) = settings(args.overrides())?;
    if settings.is_embedded() {
        return Err(Failure::new(format!(
            "{program} needs PostgreSQL: set {}, or run everything in one process with \
             `auth-microservice serve`",
            Postgres::DB_HOST.variable()
        )));
    }
    Ok((settings, notices))
}

fn exit(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::err(failure.to_string());
            failure.exit_code()
        }
    }
}
