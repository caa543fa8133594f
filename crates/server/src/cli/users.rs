//! `users`: what an operator does for a user from the command line.

use auth_application::access::Operator;
use auth_application::error::UseCaseError as _;
use auth_application::identity::SetPasswordError;
use auth_config::Settings;
use auth_domain::identity::LoginName;

use super::args::{SetPasswordArgs, UsersCommand};
use super::password;
use super::superuser::named;
use crate::wiring::Components;
use crate::{Failure, console, wiring};

pub(super) fn run(settings: &Settings, command: &UsersCommand) -> Result<(), Failure> {
    match command {
        UsersCommand::SetPassword(args) => set_password(settings, args),
    }
}

fn set_password(settings: &Settings, args: &SetPasswordArgs) -> Result<(), Failure> {
    let login = named("LOGIN", LoginName::parse(&args.login, 1))?;
    let password = password::read(&args.password)?;
    let _logs = wiring::init_command_logs(settings)?;
    wiring::block_on(async {
        let (components, app) = Components::connect_for_command(settings).await?;
        let console = Operator::console("users set-password");
        let outcome = app.recovery.set_password(&console, &login, &password).await;
        components.close().await;
        match outcome {
            Ok(user) => {
                console::out(format!(
                    "Set the password of user_id={user}, all sessions ended"
                ));
                Ok(())
            }
            Err(SetPasswordError::Infrastructure(error)) => {
                Err(Failure::caused("the password could not be set", &error))
            }
            Err(error) => Err(Failure::new(format!("Error: {}: {error}", error.code()))),
        }
    })
}
