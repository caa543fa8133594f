//! What lies in the directory when a mail was handed over, or was not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use auth_domain::clock::{Clock, Timestamp};
use auth_domain::events::EventId;
use auth_domain::ids::IdSource;
use auth_domain::mail::{Mail, MailError, Mailer as _};
use auth_domain::users::EmailAddress;
use auth_smtp::{FileMailer, FileMailerOptions, MailerSetupError};
use chrono::DateTime;
use tempfile::TempDir;

const FROM: &str = "auth-microservice@localhost.localdomain";
/// 2026-01-31T23:59:58Z.
const NOW: i64 = 1_769_903_998;

/// A clock that moves on by a millisecond at each look.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let ticks = self.0.fetch_add(1, Ordering::Relaxed);
        DateTime::from_timestamp_millis(NOW * 1000 + ticks).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Counts instead of drawing.
struct Counting(AtomicU64);

impl IdSource for Counting {
    fn event_id(&self, _: Timestamp) -> EventId {
        panic!("mail is no event")
    }

    fn random(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

fn made(directory: &Path, from: &str) -> Result<FileMailer, MailerSetupError> {
    let options = FileMailerOptions {
        directory: directory.into(),
        from: from.into(),
    };
    let clock = Ticking(AtomicI64::new(0));
    let ids = Counting(AtomicU64::new(1));
    FileMailer::new(options, Arc::new(clock), Arc::new(ids))
}

fn mailer(directory: &Path) -> FileMailer {
    made(directory, FROM).unwrap()
}

fn mail() -> Mail {
    Mail {
        to: EmailAddress::parse("Ana.B@example.com").unwrap(),
        subject: "Set a new password".into(),
        text: "Open https://example.com/#token-of-the-mail to go on.".into(),
        html: "<p>Open <a href=\"https://example.com/#token-of-the-mail\">this</a>.</p>".into(),
    }
}

/// All entries of a directory by name, hidden ones too.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn only(directory: &Path) -> String {
    let entries = entries(directory);
    assert_eq!(entries.len(), 1, "{entries:?}");
    fs::read_to_string(&entries[0]).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_mail_is_a_message_with_a_plain_and_an_html_alternative() {
    let dir = TempDir::new().unwrap();
    mailer(dir.path()).send(&mail()).await.unwrap();
    let message = only(dir.path());
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    for line in [
        "From: auth-microservice@localhost.localdomain",
        "To: Ana.B@example.com",
        "Subject: Set a new password",
        "Date: Sat, 31 Jan 2026 23:59:58 +0000",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(head.lines().any(|l| l == line), "{line} in {head}");
    }
    assert!(head.contains("Message-ID: <") && head.contains("@localhost.localdomain>"));
    assert!(head.contains("Content-Type: multipart/alternative;"));
    let plain = body
        .find("Content-Type: text/plain; charset=utf-8")
        .unwrap();
    let html = body.find("Content-Type: text/html; charset=utf-8").unwrap();
    assert!(
        plain < html,
        "a reader takes the last alternative that it can show"
    );
    let readable = body.replace("=\r\n", "").replace("=3D", "=");
    assert!(readable.contains(&mail().text) && readable.contains(&mail().html));
    assert!(message.lines().all(|line| line.len() <= 998));
}

#[tokio::test]
async fn text_outside_ascii_is_encoded() {
    let dir = TempDir::new().unwrap();
    let mail = Mail {
        subject: "Ünïcödé пароль".into(),
        text: "Grüße".into(),
        ..mail()
    };
    mailer(dir.path()).send(&mail).await.unwrap();
    let message = only(dir.path());
    assert!(message.is_ascii());
    assert!(message.contains("Subject: =?utf-8?b?"), "{message}");
}

#[tokio::test]
async fn nothing_in_a_subject_becomes_a_header() {
    for subject in [
        "a\r\nBcc: eve@example.com",
        "a\nBcc: eve@example.com",
        "a\rBcc: eve@example.com",
    ] {
        let dir = TempDir::new().unwrap();
        let mail = Mail {
            subject: subject.into(),
            ..mail()
        };
        mailer(dir.path()).send(&mail).await.unwrap();
        let message = only(dir.path());
        let begins = |line: &str| line.to_lowercase().starts_with("bcc");
        assert!(!message.split(['\r', '\n']).any(begins), "{message}");
    }
}

#[tokio::test]
async fn a_sender_may_have_a_name() {
    let dir = TempDir::new().unwrap();
    let mailer = made(dir.path(), "Accounts <accounts@example.com>").unwrap();
    mailer.send(&mail()).await.unwrap();
    let message = only(dir.path());
    assert!(
        message.contains("From: Accounts <accounts@example.com>\r\n"),
        "{message}"
    );
}

#[tokio::test]
async fn only_the_owner_reads_mail() {
    let dir = TempDir::new().unwrap();
    let directory = dir.path().join("data/mail");
    let mailer = mailer(&directory);
    mailer.send(&mail()).await.unwrap();
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&entries(&directory)[0]), 0o600);
}

#[tokio::test]
async fn names_sort_by_time_and_are_unique_also_for_many_at_once() {
    let dir = TempDir::new().unwrap();
    let mailer = mailer(dir.path());
    for number in 0..20 {
        let subject = format!("number {number:02}");
        mailer.send(&Mail { subject, ..mail() }).await.unwrap();
    }
    let in_order = entries(dir.path());
    for (number, path) in in_order.iter().enumerate() {
        let subject = format!("Subject: number {number:02}\r\n");
        assert!(fs::read_to_string(path).unwrap().contains(&subject));
    }
    let name = in_order[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("20260131T235958.000000Z-"), "{name}");
    assert_eq!(Path::new(name).extension().unwrap(), "eml");

    let mailer = Arc::new(mailer);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let mailer = Arc::clone(&mailer);
        all.spawn(async move { mailer.send(&mail()).await });
    }
    all.join_all()
        .await
        .into_iter()
        .for_each(|sent| sent.unwrap());
    assert_eq!(entries(dir.path()).len(), 70);
}

#[tokio::test]
async fn a_reader_sees_whole_mails_only_while_mail_is_written() {
    let dir = TempDir::new().unwrap();
    let mailer = mailer(dir.path());
    let directory = dir.path().to_owned();
    let reader = std::thread::spawn(move || {
        let mut whole = 0;
        while whole < 100 {
            let named = |path: &PathBuf| path.extension().is_some_and(|e| e == "eml");
            let hidden = |path: &PathBuf| path.file_name().unwrap().as_encoded_bytes()[0] == b'.';
            let seen = entries(&directory).into_iter();
            let seen: Vec<_> = seen.filter(|path| named(path) && !hidden(path)).collect();
            for path in &seen {
                assert!(fs::read_to_string(path).unwrap().ends_with("--\r\n"));
            }
            whole = seen.len();
        }
    });
    for _ in 0..100 {
        mailer.send(&mail()).await.unwrap();
    }
    reader.join().unwrap();
    assert_eq!(entries(dir.path()).len(), 100, "no draft is left");
}

#[tokio::test]
async fn a_directory_that_was_removed_is_made_again() {
    let dir = TempDir::new().unwrap();
    let directory = dir.path().join("mail");
    let mailer = mailer(&directory);
    mailer.send(&mail()).await.unwrap();
    fs::remove_dir_all(&directory).unwrap();
    mailer.send(&mail()).await.unwrap();
    assert_eq!(entries(&directory).len(), 1);
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_leaves_nothing_and_may_be_tried_again() {
    let dir = TempDir::new().unwrap();
    let directory = dir.path().join("mail");
    let mailer = mailer(&directory);
    fs::write(&directory, "a file is in the way").unwrap();
    let error = mailer.send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Temporary(_)), "{error:?}");
    assert!(entries(dir.path()).iter().eq([&directory]));
    fs::remove_file(&directory).unwrap();
    mailer.send(&mail()).await.unwrap();
}

#[tokio::test]
async fn an_address_that_no_mail_can_go_to_is_refused_for_good() {
    let dir = TempDir::new().unwrap();
    let mail = Mail {
        to: EmailAddress::from_stored("no address".into()),
        ..mail()
    };
    let error = mailer(dir.path()).send(&mail).await.unwrap_err();
    assert!(matches!(error, MailError::Permanent(_)), "{error:?}");
    assert_eq!(entries(dir.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn neither_debug_output_nor_an_error_shows_the_text() {
    let dir = TempDir::new().unwrap();
    let directory = dir.path().join("mail");
    let mailer = mailer(&directory);
    let bad = Mail {
        to: EmailAddress::from_stored("token-of-the-mail".into()),
        ..mail()
    };
    let mut shown = format!("{mailer:?} {:?}", mail());
    let refused = mailer.send(&bad).await.unwrap_err();
    fs::write(&directory, "").unwrap();
    let failed = mailer.send(&mail()).await.unwrap_err();
    for error in [refused, failed] {
        let source = std::error::Error::source(&error).unwrap();
        shown = format!("{shown} {error} {error:?} {source}");
    }
    assert!(!shown.contains("token-of-the-mail"), "{shown}");
}

#[test]
fn a_mailer_needs_an_address() {
    let dir = TempDir::new().unwrap();
    for from in [
        "",
        "nobody",
        "a@",
        "a b@example.com",
        "a@example.com\r\nBcc: b@example.com",
    ] {
        let refused = made(dir.path(), from).unwrap_err();
        assert!(matches!(refused, MailerSetupError::From(_)), "{from}");
    }
}

/// A service that sends no mail must not fail over a directory for it.
#[tokio::test]
async fn a_directory_that_cannot_be_made_is_said_with_the_first_mail() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for directory in [file.clone(), file.join("mail")] {
        let mailer = made(&directory, FROM).unwrap();
        let failed = mailer.send(&mail()).await.unwrap_err();
        assert!(matches!(failed, MailError::Temporary(_)), "{failed:?}");
    }
}
