//! `auth-microservice`.

use std::process::ExitCode;

fn main() -> ExitCode {
    auth_microservice::cli::auth_microservice()
}
