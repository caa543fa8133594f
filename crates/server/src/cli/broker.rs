//! `broker`: what RabbitMQ has of what the service needs.

use auth_amqp::{BrokerAdmin, BrokerError, Part, PartState};
use auth_config::{Rabbit, Settings};

use super::args::BrokerCommand;
use crate::wiring::{self, amqp_options};
use crate::{Failure, console};

pub(super) fn run(settings: &Settings, command: &BrokerCommand) -> Result<(), Failure> {
    let _logs = wiring::init_command_logs(settings)?;
    let variable = Rabbit::RABBIT_HOST.variable();
    let unset = || Failure::new(format!("there is no broker: {variable} is not set"));
    let broker = BrokerAdmin::new(amqp_options(settings).ok_or_else(unset)?);
    wiring::block_on(async {
        match command {
            BrokerCommand::Status => status(&broker).await,
            BrokerCommand::Migrate => migrate(&broker).await,
        }
    })
}

/// Fails where something is in the way.
async fn status(broker: &BrokerAdmin) -> Result<(), Failure> {
    let parts = broker.status().await.map_err(|e| failed(&e))?;
    console::out("KIND\tNAME\tSTATE");
    for Part { kind, name, state } in &parts {
        let state = match state {
            PartState::Absent => "absent",
            PartState::Ready => "ready",
            PartState::Other => "another",
        };
        console::out(format!("{kind}\t{name}\t{state}"));
    }
    if parts.iter().any(|part| part.state == PartState::Other) {
        return Err(Failure::new(
            "RabbitMQ has other exchanges or queues of these names: \
             `auth-microservice broker migrate` replaces them"
                .to_owned(),
        ));
    }
    Ok(())
}

async fn migrate(broker: &BrokerAdmin) -> Result<(), Failure> {
    let replaced = broker.migrate().await.map_err(|e| failed(&e))?;
    for Part { kind, name, .. } in &replaced {
        console::out(format!("Replaced the {kind} {name}."));
    }
    console::out("The broker has what the service needs.");
    Ok(())
}

fn failed(error: &BrokerError) -> Failure {
    Failure::caused("the broker cannot be used", error)
}
