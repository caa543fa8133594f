//! `config`: the settings, checked or shown.

use auth_config::{Settings, Sources};

use super::args::{ConfigArgs, ConfigCommand};
use crate::{Failure, console, wiring};

pub(super) fn run(sources: &Sources, args: &ConfigArgs) -> Result<(), Failure> {
    let (settings, notices) = wiring::load_settings(sources)?;
    for notice in &notices {
        console::err(notice.to_string());
    }
    match args.command {
        ConfigCommand::Check => console::out("The settings are in order."),
        ConfigCommand::Print => print(&settings, sources),
    }
    Ok(())
}

fn print(settings: &Settings, sources: &Sources) {
    for line in settings.describe(sources) {
        console::out(line.to_string());
    }
}
