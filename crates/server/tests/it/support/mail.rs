//! The mail that the service wrote into its directory.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Place, eventually};

/// A mail.
#[derive(Debug)]
pub(crate) struct Mail {
    /// The whole message.
    pub(crate) raw: String,
    /// The address that it goes to.
    pub(crate) to: String,
    /// The plain alternative, decoded.
    pub(crate) text: String,
}

impl Mail {
    fn read(raw: String) -> Self {
        let to = raw.lines().find_map(|line| line.strip_prefix("To: "));
        Self {
            to: to.expect("a recipient").to_owned(),
            text: plain(&raw),
            raw,
        }
    }

    /// The one-time token in it.
    pub(crate) fn token(&self) -> String {
        let words = self.text.split_whitespace();
        let mut tokens = words.map(|word| word.rsplit("#token=").next().unwrap_or(word));
        let token = tokens.find(|word| word.len() == 43);
        token.expect("a token in the mail").to_owned()
    }
}

impl Place {
    /// All mail but the notices of new passwords, the oldest first, once there
    /// are as many.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Mail> {
        let mails = eventually("mail", async || {
            let mut mails = self.mails_now();
            mails.retain(|mail| !mail.raw.contains("Subject: Your password was changed"));
            (mails.len() >= count).then_some(mails)
        });
        let mails = mails.await;
        assert_eq!(mails.len(), count, "{mails:#?}");
        mails
    }

    /// The latest mail, once there are as many.
    pub(crate) async fn mail(&self, count: usize) -> Mail {
        self.mails(count).await.pop().expect("a mail")
    }

    /// The mail there is once all that was asked for is done: it may be none.
    pub(crate) async fn mails_in_the_end(&self) -> Vec<Mail> {
        eventually("all mail is done", async || {
            (self.count("queued_jobs").await == 0).then_some(())
        })
        .await;
        self.mails_now()
    }

    fn mails_now(&self) -> Vec<Mail> {
        let Ok(entries) = fs::read_dir(self.data_dir().join("mail")) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        // A draft has a hidden name.
        let mut paths: Vec<PathBuf> = paths.filter(|path| !is_hidden(path)).collect();
        paths.sort();
        let messages = paths.iter().map(|path| fs::read_to_string(path).unwrap());
        messages.map(Mail::read).collect()
    }
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with('.')
}

/// The plain alternative of a message, decoded.
fn plain(raw: &str) -> String {
    let (_, part) = raw
        .split_once("Content-Type: text/plain")
        .expect("a plain alternative");
    let (head, rest) = part.split_once("\r\n\r\n").expect("a body");
    let (body, _) = rest.split_once("\r\n--").expect("an end of the part");
    match head.split_once("Content-Transfer-Encoding: ") {
        Some((_, encoding)) if encoding.starts_with("quoted-printable") => unquoted(body),
        Some((_, encoding)) if encoding.starts_with("base64") => panic!("base64: {raw}"),
        _ => body.to_owned(),
    }
}

/// Decodes quoted-printable (RFC 2045, section 6.7).
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'=')
            .then(|| std::str::from_utf8(&after[..2]).unwrap())
            .map(|code| u8::from_str_radix(code, 16).unwrap());
        rest = &after[if code.is_some() { 2 } else { 0 }..];
        bytes.push(code.unwrap_or(byte));
    }
    String::from_utf8(bytes).unwrap()
}
