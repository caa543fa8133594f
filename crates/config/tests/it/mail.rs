//! Mail.

use std::path::Path;

use crate::{KEY, described, load};

const TRANSPORT: &str = "AUTH_MICROSERVICE_MAIL_TRANSPORT";
const FROM: &str = "AUTH_MICROSERVICE_MAIL_FROM";

#[test]
fn mail_goes_into_the_data_directory_also_on_postgres() {
    let (settings, notices) = load(&[]).unwrap();
    assert_eq!(settings.mail_directory(), Path::new("./data/mail"));
    assert_eq!(
        settings.mail.from,
        "auth-microservice@localhost.localdomain"
    );
    assert!(settings.mail.reset_url.is_none() && settings.mail.verify_url.is_none());
    assert_eq!(notices, []);
    let pairs = [
        ("AUTH_MICROSERVICE_DATA_DIR", "/var/lib/auth"),
        ("AUTH_MICROSERVICE_DB_HOST", "localhost"),
        ("AUTH_MICROSERVICE_JWT_SECRET_KEY", KEY),
        (TRANSPORT, "file"),
    ];
    let (settings, _) = load(&pairs).unwrap();
    assert_eq!(settings.mail_directory(), Path::new("/var/lib/auth/mail"));
    let line = "mail = files in /var/lib/auth/mail (the only transport in this build)";
    assert!(described(&pairs).contains(&line.to_owned()));
}

#[test]
fn a_transport_that_is_not_in_this_build_says_so() {
    for name in ["smtp", "events"] {
        let error = load(&[(TRANSPORT, name)]).unwrap_err();
        let text = format!("{TRANSPORT}: {name} is not in this build: use file");
        assert!(error.contains(&text), "{error}");
    }
    let error = load(&[(TRANSPORT, "pigeon")]).unwrap_err();
    assert!(
        error.contains("must be file") && error.contains("pigeon"),
        "{error}"
    );
    let (_, notices) = load(&[("AUTH_MICROSERVICE_SMTP_URL", "smtp://mail")]).unwrap();
    assert!(
        notices[0].to_string().contains("not in this build"),
        "{notices:?}"
    );
}

#[test]
fn the_sender_must_be_an_address() {
    for from in ["accounts@example.com", "Accounts <accounts@example.com>"] {
        let (settings, _) = load(&[(FROM, from)]).unwrap();
        assert_eq!(settings.mail.from, from);
    }
    for from in [
        "accounts",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@example.com\r\nBcc: b@example.com",
    ] {
        let error = load(&[(FROM, from)]).unwrap_err();
        assert!(
            error.contains(&format!("{FROM}: must be an address")),
            "{error}"
        );
    }
}

#[test]
fn pages_are_absolute_urls_whose_fragment_is_free() {
    for name in [
        "AUTH_MICROSERVICE_MAIL_RESET_URL",
        "AUTH_MICROSERVICE_MAIL_VERIFY_URL",
    ] {
        let (settings, _) = load(&[(name, "https://app.example.com/reset?lang=en")]).unwrap();
        let urls = [settings.mail.reset_url, settings.mail.verify_url];
        let set: Vec<_> = urls.into_iter().flatten().collect();
        assert_eq!(set.len(), 1);
        assert_eq!(set[0].as_str(), "https://app.example.com/reset?lang=en");
        assert!(load(&[(name, "http://localhost:3000")]).is_ok());
        for url in [
            "/reset",
            "app.example.com/reset",
            "ftp://app.example.com",
            "javascript:alert(1)",
            "https://",
            "https://app.example.com/reset#",
            "https://app.example.com/#/reset",
        ] {
            let error = load(&[(name, url)]).unwrap_err();
            assert!(error.contains(name), "{url}: {error}");
        }
    }
}
