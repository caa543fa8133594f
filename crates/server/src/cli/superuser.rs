//! `createsuperuser`: the platform's first user.

use auth_application::access::Operator;
use auth_application::bootstrap::{BootstrapError, Bootstrapped, Superuser};
use auth_application::error::UseCaseError as _;
use auth_application::users::NewAccount;
use auth_config::Settings;
use auth_domain::identity::Password;
use auth_domain::text::{PersonName, TextError, Username};
use auth_domain::users::{Contact, EmailAddress, PersonalData};

use super::args::SuperuserArgs;
use super::password;
use crate::wiring::Components;
use crate::{Failure, console, wiring};

pub(super) fn run(settings: &Settings, args: &SuperuserArgs) -> Result<(), Failure> {
    let person = Person::parse(args)?;
    let password = password::read(&args.password)?;
    let account = person.with_password(password)?;
    wiring::block_on(async {
        let (components, app) = Components::connect_for_command(settings).await?;
        let console = Operator::console("createsuperuser");
        let outcome = app.bootstrap.create_superuser(&console, &account).await;
        components.close().await;
        report(outcome)
    })
}

fn report(outcome: Result<Superuser, BootstrapError>) -> Result<(), Failure> {
    match outcome {
        Ok(Superuser::Created(made)) => console::out(line("Created superuser", &made)),
        Ok(Superuser::Exists(found)) => {
            console::out(line("Superuser already exists", &found));
            console::err("No user was made; name and password of this call were not used.");
        }
        Err(BootstrapError::Infrastructure(error)) => {
            return Err(Failure::caused("the superuser could not be made", &error));
        }
        Err(error) => return Err(Failure::new(format!("Error: {}", error.code()))),
    }
    Ok(())
}

fn line(what: &str, user: &Bootstrapped) -> String {
    format!(
        "{what} user_id={} role_id={} organization_id={}",
        user.user_id, user.role_id, user.organization_id
    )
}

/// The account without its password, checked before anything is asked.
struct Person {
    username: Username,
    data: PersonalData,
    contact: Contact,
}

impl Person {
    fn parse(args: &SuperuserArgs) -> Result<Self, Failure> {
        let data = PersonalData {
            first_name: named("--first-name", PersonName::parse(&args.first_name))?,
            middle_name: optional(
                "--middle-name",
                args.middle_name.as_deref(),
                PersonName::parse,
            )?,
            last_name: Some(named("--last-name", PersonName::parse(&args.last_name))?),
            date_of_birth: optional(
                "--date-of-birth",
                args.date_of_birth.as_deref(),
                auth_domain::text::DateOfBirth::parse,
            )?,
            gender: None,
            nationality: optional(
                "--nationality",
                args.nationality.as_deref(),
                auth_domain::text::Nationality::parse,
            )?,
        };
        let contact = Contact {
            email: named("--email", EmailAddress::parse(&args.email))?,
            phone_number: optional(
                "--phone-number",
                args.phone_number.as_deref(),
                auth_domain::text::PhoneNumber::parse,
            )?,
            emergency_number: None,
            address: None,
            street_address: None,
            city: None,
            state: None,
            zip_code: None,
            country: None,
        };
        Ok(Self {
            username: named("--username", Username::parse(&args.username))?,
            data,
            contact,
        })
    }

    fn with_password(self, password: Password) -> Result<NewAccount, Failure> {
        let account = NewAccount::new(self.username, password, self.data, self.contact);
        named("--username", account)
    }
}

pub(super) fn named<T>(option: &str, parsed: Result<T, TextError>) -> Result<T, Failure> {
    parsed.map_err(|error| Failure::new(format!("Error: {option}: {error}")))
}

fn optional<T>(
    option: &str,
    raw: Option<&str>,
    parse: fn(&str) -> Result<T, TextError>,
) -> Result<Option<T>, Failure> {
    raw.map(|raw| named(option, parse(raw))).transpose()
}
