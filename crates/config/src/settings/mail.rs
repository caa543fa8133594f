//! Mail.

use url::Url;

use crate::kinds::{mailbox, page_url};
use crate::setting::{Form, Setting};

section! {
    /// Mail.
    #[derive(Debug, Clone)]
    pub struct Mail {
        /// How mail goes out; only `file` in this build: into `mail` in `DATA_DIR`.
        MAIL_TRANSPORT => pub transport: MailTransport = transport().default("file"),
        /// `From` of mail.
        MAIL_FROM => pub from: String =
            mailbox().default("auth-microservice@localhost.localdomain"),
        /// The page that sets a new password; the token becomes its fragment. Unset: the mail
        /// says which call to make.
        MAIL_RESET_URL => pub reset_url: Option<Url> = page_url(),
        /// The page that verifies an address; the token becomes its fragment. Unset: the mail
        /// says which call to make.
        MAIL_VERIFY_URL => pub verify_url: Option<Url> = page_url(),
    }
}

/// How mail goes out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MailTransport {
    /// Each mail is a file.
    #[default]
    File,
}

const fn transport() -> Setting<MailTransport> {
    Setting::new(Form::Text("file"), |text, form| match text {
        "file" => Ok(MailTransport::File),
        "smtp" | "events" => Err(format!("{text} is not in this build: use file")),
        other => Err(form.refuse(other)),
    })
}
