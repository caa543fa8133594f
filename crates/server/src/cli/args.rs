//! What can be typed.

use std::path::PathBuf;

use auth_domain::events::{Aggregate, AggregateKind};
use auth_domain::ids::{IdOutOfRange, JobId};
use auth_domain::jobs::QueueName;
use clap::{Args, Parser, Subcommand};

/// Authentication and authorization in one binary.
///
/// Without a command it serves: with no setting at all from an embedded SQLite
/// database in ./data, on <http://127.0.0.1:8000>. `config print` shows every
/// setting and where it came from.
#[derive(Debug, Parser)]
#[command(name = "auth-microservice", version)]
pub(super) struct AllInOne {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    place: Place,
}

/// One process of a split deployment. Needs PostgreSQL
/// (`AUTH_MICROSERVICE_DB_HOST`); settings come from the environment.
#[derive(Debug, Parser)]
#[command(version)]
pub(super) struct Split {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    listen: Listen,
}

#[derive(Debug, Args)]
struct Place {
    /// Where embedded mode keeps its database and secrets [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Args)]
struct Listen {
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// The port to listen on; 0 takes any free one [default: 8000]
    #[arg(long)]
    port: Option<u16>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the service (also without any command)
    Serve(ServeArgs),
    /// Make the first superuser; a second call changes nothing
    Createsuperuser(Box<SuperuserArgs>),
    /// Help a user who cannot sign in
    Users(UsersArgs),
    /// Bring the database schema up to date, or show where it stands
    Migrate(MigrateArgs),
    /// List background jobs, or let dead ones be tried again
    Jobs(JobsArgs),
    /// List unpublished events, or let stopped ones go on
    Outbox(OutboxArgs),
    /// Show what RabbitMQ has of what the service needs, or make it fit
    Broker(BrokerArgs),
    /// Check or show the settings, secrets redacted
    Config(ConfigArgs),
    /// Ask the running service on this machine whether it can work
    Health(HealthArgs),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(ServeArgs::default())
    }
}

#[derive(Debug, Default, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    listen: Listen,
    /// Apply pending migrations to PostgreSQL first (embedded mode always does)
    #[arg(long)]
    pub(super) migrate: bool,
}

#[derive(Debug, Args)]
pub(super) struct SuperuserArgs {
    /// The name to sign in with, 3 to 128 characters
    #[arg(long)]
    pub(super) username: String,
    /// The e-mail address
    #[arg(long)]
    pub(super) email: String,
    /// Given name
    #[arg(long)]
    pub(super) first_name: String,
    /// Family name
    #[arg(long)]
    pub(super) last_name: String,
    /// Middle name
    #[arg(long)]
    pub(super) middle_name: Option<String>,
    /// Nationality
    #[arg(long)]
    pub(super) nationality: Option<String>,
    /// Date of birth
    #[arg(long)]
    pub(super) date_of_birth: Option<String>,
    /// Telephone number
    #[arg(long)]
    pub(super) phone_number: Option<String>,
    #[command(flatten)]
    pub(super) password: PasswordArgs,
}

/// Where the password comes from; none of them: it is asked for.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct PasswordSource {
    /// The password itself: others on this machine can read it; prefer
    /// --password-stdin
    #[arg(long)]
    pub(super) password: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(super) password_stdin: bool,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PasswordArgs {
    #[command(flatten)]
    pub(super) source: PasswordSource,
    /// Never ask; fail where a question would be needed
    #[arg(long)]
    pub(super) no_input: bool,
}

#[derive(Debug, Args)]
pub(super) struct UsersArgs {
    #[command(subcommand)]
    pub(super) command: UsersCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum UsersCommand {
    /// Set a password; ends all sessions of the user
    SetPassword(SetPasswordArgs),
}

#[derive(Debug, Args)]
pub(super) struct SetPasswordArgs {
    /// The username or the e-mail address
    pub(super) login: String,
    #[command(flatten)]
    pub(super) password: PasswordArgs,
}

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Ask only whether the process lives
    #[arg(long)]
    pub(super) live: bool,
    #[command(flatten)]
    listen: Listen,
}

#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    #[command(subcommand)]
    pub(super) command: Option<MigrateCommand>,
}

#[derive(Debug, Clone, Copy, Default, Subcommand)]
pub(super) enum MigrateCommand {
    /// Apply what is pending (also without any word)
    #[default]
    Up,
    /// List the migrations and whether each is applied
    Status,
}

#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    pub(super) command: JobsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// List jobs by id, one a line with tabs between the columns
    List(JobsListArgs),
    /// Let dead jobs be tried again, as if they were never tried
    Redrive(JobsRedriveArgs),
}

#[derive(Debug, Args)]
pub(super) struct JobsListArgs {
    /// Those of one queue only
    #[arg(long, value_parser = queue_name)]
    pub(super) queue: Option<QueueName>,
    /// Those that failed for good only
    #[arg(long)]
    pub(super) dead: bool,
}

#[derive(Debug, Args)]
pub(super) struct JobsRedriveArgs {
    /// The id of a dead job
    #[arg(value_name = "ID", value_parser = job_id, required_unless_present = "all")]
    pub(super) id: Option<JobId>,
    /// All dead jobs
    #[arg(long, conflicts_with = "id")]
    pub(super) all: bool,
    /// With --all: those of one queue only
    #[arg(long, requires = "all", conflicts_with = "id", value_parser = queue_name)]
    pub(super) queue: Option<QueueName>,
}

#[derive(Debug, Args)]
pub(super) struct OutboxArgs {
    #[command(subcommand)]
    pub(super) command: OutboxCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// List what has unpublished events, one a line with tabs between the columns
    List(OutboxListArgs),
    /// Show the first 500 unpublished events of one
    Show(OutboxShowArgs),
    /// Let what stopped go on, as if its events were never refused
    Redrive(OutboxRedriveArgs),
}

#[derive(Debug, Args)]
pub(super) struct OutboxListArgs {
    /// The stopped ones only
    #[arg(long)]
    pub(super) stopped: bool,
}

#[derive(Debug, Args)]
pub(super) struct OutboxShowArgs {
    /// Which, as `list` names it: `user:7`
    #[arg(value_name = "KIND:ID", value_parser = aggregate)]
    pub(super) aggregate: Aggregate,
}

#[derive(Debug, Args)]
pub(super) struct OutboxRedriveArgs {
    /// Which, as `list` names it: `user:7`
    #[arg(value_name = "KIND:ID", value_parser = aggregate, required_unless_present = "all")]
    pub(super) aggregate: Option<Aggregate>,
    /// All that stopped
    #[arg(long, conflicts_with = "aggregate")]
    pub(super) all: bool,
}

fn aggregate(text: &str) -> Result<Aggregate, String> {
    let known = || {
        let kinds = AggregateKind::WORDS.join(", ");
        format!("is KIND:ID, as `user:7`; the kinds are {kinds}")
    };
    let (kind, id) = text.split_once(':').ok_or_else(known)?;
    Ok(Aggregate {
        kind: AggregateKind::parse(kind).ok_or_else(known)?,
        id: id.to_owned(),
    })
}

#[derive(Debug, Args)]
pub(super) struct BrokerArgs {
    #[command(subcommand)]
    pub(super) command: BrokerCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum BrokerCommand {
    /// Show each exchange and queue that the service needs, and what there is
    Status,
    /// Replace what is there and does not fit, such as the exchanges of the service before this
    /// one; bindings of a replaced exchange and messages of a replaced queue are lost
    Migrate,
}

fn queue_name(text: &str) -> Result<QueueName, &'static str> {
    QueueName::parse(text).ok_or("the name of a queue is `a` to `z`, digits and `_`")
}

fn job_id(text: &str) -> Result<JobId, IdOutOfRange> {
    text.parse().map_or(Err(IdOutOfRange), JobId::new)
}

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    pub(super) command: ConfigCommand,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say what is wrong with the settings, if anything is
    Check,
    /// Show every setting, where it came from, and which adapter it chose
    Print,
}

impl AllInOne {
    /// The flags, as settings that win over everything else.
    pub(super) fn overrides(&self) -> Vec<(&'static str, String)> {
        let mut overrides = self.place.overrides();
        match &self.command {
            Some(Command::Serve(serve)) => overrides.extend(serve.listen.overrides()),
            Some(Command::Health(health)) => overrides.extend(health.listen.overrides()),
            _ => {}
        }
        overrides
    }
}

impl Split {
    /// The flags, as settings that win over everything else.
    pub(super) fn overrides(&self) -> Vec<(&'static str, String)> {
        let mut overrides = self.place.overrides();
        overrides.extend(self.listen.overrides());
        overrides
    }
}

impl Place {
    fn overrides(&self) -> Vec<(&'static str, String)> {
        let name = auth_config::Installation::DATA_DIR.name();
        let dir = self.data_dir.iter();
        dir.map(|dir| (name, dir.display().to_string())).collect()
    }
}

impl Listen {
    fn overrides(&self) -> Vec<(&'static str, String)> {
        let host_name = auth_config::Listen::HOST.name();
        let port_name = auth_config::Listen::PORT.name();
        let host = self.host.iter().map(|host| (host_name, host.clone()));
        let port = self.port.iter().map(|port| (port_name, port.to_string()));
        host.chain(port).collect()
    }
}
