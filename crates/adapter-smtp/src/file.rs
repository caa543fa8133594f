//! Mail into a directory: for installations without a mail server, where
//! a person reads it there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{error, fmt};

use async_trait::async_trait;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::ids::IdSource;
use auth_domain::mail::{Mail, MailError, Mailer};
use lettre::message::Mailbox;
use tokio::task::spawn_blocking;

use crate::message::{MailerSetupError, compose, sender};

/// What a [`FileMailer`] is made of.
#[derive(Debug, Clone)]
pub struct FileMailerOptions {
    /// Where mail goes; the first mail makes it, with mode 0700.
    pub directory: PathBuf,
    /// `From` of every mail: `local@domain`, or `Name <local@domain>`.
    pub from: String,
}

impl FileMailerOptions {
    /// Whether the options are well-formed. Does not look at the directory.
    pub fn check(&self) -> Result<(), MailerSetupError> {
        sender(&self.from).map(drop)
    }
}

/// Writes each mail into a directory, as a message of RFC 5322 with mode 0600.
///
/// Names sort by time and are unique (`20260131T235959.000000Z-<random>.eml`).
/// A mail appears whole or not at all, and once it was handed over it survives a
/// crash of the machine.
pub struct FileMailer {
    directory: PathBuf,
    from: Mailbox,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl FileMailer {
    /// A mailer for a directory, which the first mail makes.
    pub fn new(
        options: FileMailerOptions,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, MailerSetupError> {
        let from = sender(&options.from)?;
        Ok(Self {
            directory: options.directory,
            from,
            clock,
            ids,
        })
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let now = self.clock.now();
        // Two together: an id is unique wherever mail goes.
        let id = format!("{:016x}{:016x}", self.ids.random(), self.ids.random());
        let message = compose(&self.from, mail, &id, now)?.formatted();
        let (directory, name) = (self.directory.clone(), file_name(now, &id));
        let written = spawn_blocking(move || write(&directory, &name, &message)).await;
        written.map_err(temporary)?.map_err(temporary)
    }
}

impl fmt::Debug for FileMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileMailer")
            .field("directory", &self.directory)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

fn temporary(error: impl error::Error + Send + Sync + 'static) -> MailError {
    MailError::Temporary(Box::new(error))
}

fn file_name(now: Timestamp, id: &str) -> String {
    format!("{}-{id}.eml", now.format("%Y%m%dT%H%M%S%.6fZ"))
}

fn make(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// Writes a draft under a name that readers pass over, and gives it its name
/// when the disk has it.
fn write(directory: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    // There is none before the first mail, and a person that read all mail may
    // have removed it.
    make(directory)?;
    let draft = directory.join(format!(".{name}"));
    let written = write_draft(&draft, message)
        .and_then(|()| fs::rename(&draft, directory.join(name)))
        .and_then(|()| File::open(directory)?.sync_all());
    if written.is_err() {
        // The first error is the one that says why.
        let _nothing_to_remove = fs::remove_file(&draft);
    }
    written
}

fn write_draft(draft: &Path, message: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(message)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_cannot_get_its_name_leaves_no_draft() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("name.eml/in-the-way")).unwrap();
        assert!(write(dir.path(), "name.eml", b"text").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
