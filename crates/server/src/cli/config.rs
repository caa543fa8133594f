//! `config`: the settings, checked or shown.

use auth_config::{Settings, Sources};

use super::args::{ConfigArgs, ConfigCommand};
use crate::{Failure, console};

pub(super) fn run(sources: &Sources, args: &ConfigArgs) -> Result<(), Failure> {
    let loaded = Settings::load(sources);
    let (settings, notices) = loaded.map_err(|errors| Failure::new(errors.to_string()))?;
    for notice in &notices {
        console::err(notice.to_string());
    }
    match args.command {
        ConfigCommand::Check => console::out("The settings are in order."),
        ConfigCommand::Print => print(&settings),
    }
    Ok(())
}

fn print(settings: &Settings) {
    for line in settings.describe() {
        console::out(line.to_string());
    }
}
