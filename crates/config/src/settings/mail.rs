//! Mail.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use email_address::EmailAddress;
use url::Url;

use crate::load::Reader;

/// Mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Where mail is written.
    pub directory: PathBuf,
    /// `From`: an address, or `Name <address>`.
    pub from: String,
    /// The page that sets a new password; the token becomes its fragment.
    /// `None`: the mail says which call to make.
    pub reset_url: Option<Url>,
    /// The page that verifies an address; the token becomes its fragment.
    /// `None`: the mail says which call to make.
    pub verify_url: Option<Url>,
}

pub(super) fn mail(reader: &mut Reader<'_>) -> Mail {
    check_transport(reader);
    let data_dir = reader.text("DATA_DIR").unwrap_or_default();
    Mail {
        directory: Path::new(&data_dir).join("mail"),
        from: from(reader),
        reset_url: page(reader, "MAIL_RESET_URL"),
        verify_url: page(reader, "MAIL_VERIFY_URL"),
    }
}

fn check_transport(reader: &mut Reader<'_>) {
    let name = "MAIL_TRANSPORT";
    match reader.text(name).as_deref() {
        Some("file") | None => {}
        Some(later @ ("smtp" | "events")) => {
            reader.problem(name, format_args!("{later} is not in this build: use file"));
        }
        Some(other) => reader.problem(name, format_args!("must be file, and is {other:?}")),
    }
}

fn from(reader: &mut Reader<'_>) -> String {
    let name = "MAIL_FROM";
    let from = reader.text(name).unwrap_or_default();
    let one_line = !from.chars().any(char::is_control);
    if !one_line || EmailAddress::from_str(&from).is_err() {
        let text = format!("must be an address, alone or as `Name <address>`, and is {from:?}");
        reader.problem(name, text);
    }
    from
}

/// A page whose fragment is still free.
fn page(reader: &mut Reader<'_>, name: &'static str) -> Option<Url> {
    let what = "an absolute http or https URL without a fragment";
    let url: Url = reader.parsed(name, what)?;
    if !matches!(url.scheme(), "http" | "https") || url.fragment().is_some() {
        reader.problem(
            name,
            format_args!("must be {what}, and is {:?}", url.as_str()),
        );
    }
    Some(url)
}
