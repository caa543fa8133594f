//! What holds for every setting, whichever it is.

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::Settings;
use crate::generated;
use crate::reader::Reader;
use crate::setting::{Declaration, Form};
use crate::sources::Sources;

/// Choose every adapter, so that the settings of each are read.
const ADAPTERS: &[(&str, &str)] = &[
    ("AUTH_MICROSERVICE_DB_HOST", "localhost"),
    ("AUTH_MICROSERVICE_REDIS_HOST", "localhost"),
    ("AUTH_MICROSERVICE_RABBIT_HOST", "localhost"),
];

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n";

/// What reading came to: the settings as text, the problems, the secrets.
struct Outcome {
    settings: String,
    problems: Vec<String>,
    secrets: Vec<(&'static str, String)>,
}

fn outcome(sources: &Sources) -> Outcome {
    let mut reader = Reader::new(sources);
    let settings = Settings::read(&mut reader);
    let problems = reader.problems.iter().map(ToString::to_string);
    let secrets = reader.secrets.iter();
    let secrets = secrets.map(|(d, secret)| (d.name, secret.expose_secret().to_owned()));
    Outcome {
        settings: format!("{settings:?}"),
        problems: problems.collect(),
        secrets: secrets.collect(),
    }
}

fn environment(pairs: &[(&str, &str)]) -> Sources {
    Sources::from_pairs(ADAPTERS.iter().chain(pairs).copied())
}

/// The same variables, from `.env`.
fn dotenv(pairs: &[(&str, &str)]) -> Sources {
    Sources::from_pairs(ADAPTERS.iter().copied()).with_dotenv(pairs.iter().copied())
}

/// A text of each kind.
const EXAMPLES: &[(&str, &str)] = &[
    ("text", "example"),
    ("text of at most 255 bytes", "example"),
    ("production, development or test", "test"),
    ("an IP address or a host name", "::1"),
    (
        "an IP address, a host name, or the directory of a Unix socket",
        "db.example.com",
    ),
    ("an absolute http or https URL", "https://example.com"),
    (
        "an absolute http or https URL without a fragment",
        "https://example.com/page",
    ),
    (
        "origins such as https://app.example.com, separated by commas",
        "https://app.example.com",
    ),
    (
        "networks such as 10.0.0.0/8, separated by commas",
        "10.0.0.0/8, ::1",
    ),
    (
        "DEBUG, INFO, WARNING, ERROR, or filter directives such as info,auth_http=debug",
        "DEBUG",
    ),
    ("json or text", "text"),
    ("HS256 or EdDSA", "HS256"),
    ("one name without spaces and commas", "example"),
    ("names of headers, separated by commas", "X-Example"),
    (
        "disable, prefer, require, verify-ca or verify-full",
        "verify-full",
    ),
    ("file", "file"),
    (
        "an address, alone or as `Name <address>`",
        "Accounts <accounts@example.com>",
    ),
    (
        "at least 32 random bytes",
        "nRz7Wm2KqT9xVb4LhJ6cYp3DsFg8AeUu",
    ),
    (
        "a private key in PEM (PKCS#8, not encrypted)",
        "-----BEGIN PRIVATE KEY-----\\n-----END PRIVATE KEY-----",
    ),
];

/// A text that the setting takes and that is not its default.
fn example(declaration: &Declaration, dir: &TempDir) -> String {
    match declaration.form {
        Form::Number { least, most } => {
            let bounds = [least, most].map(|bound| bound.to_string());
            let other = bounds.into_iter().find(|b| b != declaration.default);
            other.unwrap()
        }
        Form::Text("the path of a file with public keys in PEM") => {
            let path = dir.path().join("public-keys");
            std::fs::write(&path, PUBLIC_KEY).unwrap();
            path.to_str().unwrap().to_owned()
        }
        Form::Text(what) => {
            let known = EXAMPLES.iter().find(|(kind, _)| *kind == what);
            let (_, example) = known.unwrap_or_else(|| panic!("a new kind: {what}"));
            (*example).to_owned()
        }
    }
}

#[test]
fn each_default_is_a_value_that_the_setting_takes() {
    for declaration in Settings::declarations() {
        let variable = declaration.variable();
        let unset = outcome(&environment(&[]));
        let set = outcome(&environment(&[(&variable, declaration.default)]));
        assert_eq!(set.problems, Vec::<String>::new());
        if !["DB_HOST", "REDIS_HOST", "RABBIT_HOST"].contains(&declaration.name) {
            assert_eq!(set.settings, unset.settings, "{variable}");
        }
        let needs_default = matches!(declaration.form, Form::Number { least: 1.., .. });
        let has_none = declaration.default.is_empty();
        let by_machine = ["HTTP_WORKERS", "HASH_THREADS"].contains(&declaration.name);
        assert_eq!(needs_default && has_none, by_machine, "{variable}");
    }
}

#[test]
fn each_setting_is_read_from_the_environment_and_from_dotenv() {
    let dir = tempfile::tempdir().unwrap();
    let unset = outcome(&environment(&[]));
    assert_eq!(unset.problems, Vec::<String>::new());
    for declaration in Settings::declarations() {
        let variable = declaration.variable();
        let example = example(declaration, &dir);
        for sources in [environment, dotenv] {
            let set = outcome(&sources(&[(&variable, &example)]));
            // The environment, which chooses the adapters, wins over `.env`.
            let hidden = ADAPTERS.iter().any(|(name, _)| *name == variable);
            assert_eq!(set.problems, Vec::<String>::new());
            let changed = set.settings != unset.settings;
            let secret = set.secrets.contains(&(declaration.name, example.clone()));
            let only_choice = declaration.name == "MAIL_TRANSPORT";
            assert!(changed || secret || hidden || only_choice, "{variable}");
        }
    }
}

#[test]
fn each_secret_is_read_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Settings::declarations().filter(|declaration| declaration.is_secret());
    let mut read = 0;
    for declaration in secrets {
        let example = example(declaration, &dir);
        let path = dir.path().join(declaration.name);
        std::fs::write(&path, format!("{example}\n")).unwrap();
        let variable = format!("{}_FILE", declaration.variable());
        let set = outcome(&environment(&[(&variable, path.to_str().unwrap())]));
        assert_eq!(set.problems, Vec::<String>::new());
        assert_eq!(set.secrets, [(declaration.name, example)]);
        read += 1;
    }
    assert!(read > 0);
}

#[test]
fn each_number_takes_its_bounds_and_nothing_beyond() {
    for declaration in Settings::declarations() {
        let Form::Number { least, most } = declaration.form else {
            continue;
        };
        let variable = declaration.variable();
        let problems = |text: &str| outcome(&environment(&[(&variable, text)])).problems;
        for bound in [least, most] {
            assert_eq!(problems(&bound.to_string()), Vec::<String>::new());
        }
        let below = i128::from(least) - 1;
        let above = i128::from(most) + 1;
        for text in [below.to_string(), above.to_string(), "many".to_owned()] {
            let [problem] = problems(&text).try_into().unwrap();
            let form = declaration.form;
            assert_eq!(
                problem,
                format!("{variable}: must be {form}, and is {text:?}")
            );
        }
    }
}

#[test]
fn each_setting_stands_once_on_the_page_and_in_the_example() {
    let (page, example) = (generated::settings_page(), generated::env_example());
    for declaration in Settings::declarations() {
        let Declaration { name, default, .. } = declaration;
        let row = format!("\n| `{name}` | {} |", declaration.form);
        assert_eq!(page.matches(&row).count(), 1, "{row}");
        let line = format!("\n#{}={default}\n", declaration.variable());
        assert_eq!(example.matches(&line).count(), 1, "{line}");
        assert!(declaration.meaning().ends_with('.'), "{name}");
    }
}

#[test]
fn each_setting_is_in_config_print_with_its_source_and_without_its_secret() {
    let dir = tempfile::tempdir().unwrap();
    for declaration in Settings::declarations() {
        let variable = declaration.variable();
        let example = example(declaration, &dir);
        for (sources, origin) in [
            (environment(&[(&variable, &example)]), "environment"),
            (
                Sources::default().with_dotenv([(variable.as_str(), example.as_str())]),
                ".env",
            ),
        ] {
            let settings = Settings::read(&mut Reader::new(&sources));
            let lines = settings.describe(&sources);
            let mut lines = lines.iter().filter(|line| line.name == variable);
            let line = lines.next().unwrap();
            assert_eq!(line.origin, origin, "{variable}");
            let shown = if declaration.is_secret() {
                "(redacted)"
            } else {
                example.as_str()
            };
            assert_eq!(line.value, shown, "{variable}");
            assert!(lines.next().is_none(), "{variable} stands there once");
        }
    }
}
