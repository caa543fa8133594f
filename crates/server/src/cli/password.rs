//! Passwords: from a prompt, standard input, a file or the command line.

use std::fs;
use std::io::{self, BufRead as _};

use auth_domain::identity::Password;
use auth_domain::text::TextError;

use super::args::PasswordArgs;
use crate::{Failure, console};

const TOO_SHORT: &str = "Password must be at least 8 characters long";

/// The password that a command line names, or that a person types.
pub(super) fn read(args: &PasswordArgs) -> Result<Password, Failure> {
    let source = &args.source;
    if let Some(password) = &source.password {
        console::err(
            "Warning: --password shows the password to others on this machine; \
             prefer --password-stdin or --password-file",
        );
        return checked(password);
    }
    if source.password_stdin {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.map_err(|e| Failure::caused("standard input cannot be read", &e))?;
        return checked(first_line(&line));
    }
    if let Some(path) = &source.password_file {
        let text = fs::read_to_string(path)
            .map_err(|e| Failure::caused(format!("{} cannot be read", path.display()), &e))?;
        return checked(first_line(&text));
    }
    if args.no_input {
        return Err(Failure::new(
            "--password is required when --no-input is supplied",
        ));
    }
    ask()
}

/// Without the mark that some editors put before a text (U+FEFF).
fn first_line(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().next().unwrap_or_default()
}

fn checked(raw: &str) -> Result<Password, Failure> {
    Password::parse(raw).map_err(|error| Failure::new(complaint(error)))
}

fn complaint(error: TextError) -> String {
    match error {
        TextError::TooShort { .. } => TOO_SHORT.to_owned(),
        other => format!("Password {other}"),
    }
}

/// Asks until two entries agree on a password that may be set.
fn ask() -> Result<Password, Failure> {
    let prompt = |text: &str| {
        rpassword::prompt_password(text)
            .map_err(|e| Failure::caused("the password cannot be asked for", &e))
    };
    loop {
        let first = prompt("Password: ")?;
        let password = match Password::parse(&first) {
            Ok(password) => password,
            Err(error) => {
                console::err(complaint(error));
                continue;
            }
        };
        if prompt("Confirm password: ")? == first {
            return Ok(password);
        }
        console::err("Passwords do not match");
    }
}
