//! Where to listen, which origins may call, which proxies are believed.

use auth_config::{Argon2, LogFormat, Settings, Sources};

use crate::load;

/// The problem of one variable that is set to this.
fn refused(name: &str, value: &str) -> String {
    let name = format!("AUTH_MICROSERVICE_{name}");
    let error = load(&[(&name, value)]).unwrap_err();
    assert!(error.contains(&format!("{name}: ")), "{error}");
    error
}

#[test]
fn a_host_is_an_address_or_a_name() {
    let name = "AUTH_MICROSERVICE_HOST";
    for host in [
        "0.0.0.0",
        "::",
        "fe80::1%eth0",
        "localhost",
        "a-1.b_2.example.",
    ] {
        let (settings, _) = load(&[(name, host)]).unwrap();
        assert_eq!(settings.listen.host, host);
    }
    for host in [
        "256.1.1.1",
        "a..b",
        "http://localhost",
        "localhost:8000",
        "a b",
    ] {
        refused("HOST", host);
    }
    let brackets = refused("HOST", "[::]");
    assert!(brackets.contains("without brackets"), "{brackets}");
}

#[test]
fn the_public_url_is_of_the_web() {
    let name = "AUTH_MICROSERVICE_PUBLIC_URL";
    let (settings, _) = load(&[(name, "https://auth.example.com/")]).unwrap();
    assert_eq!(settings.token_issuer(), "https://auth.example.com");
    for url in ["auth.example.com", "ftp://auth.example.com", "https://"] {
        refused("PUBLIC_URL", url);
    }
}

#[test]
fn the_issuer_that_is_set_wins_over_the_public_url() {
    let (settings, _) = load(&[
        ("AUTH_MICROSERVICE_PUBLIC_URL", "https://auth.example.com"),
        ("AUTH_MICROSERVICE_JWT_ISSUER", "us"),
    ])
    .unwrap();
    assert_eq!(settings.token_issuer(), "us");
    assert_eq!(load(&[]).unwrap().0.token_issuer(), "auth-microservice");
}

#[test]
fn origins_are_written_as_browsers_write_them() {
    let name = "AUTH_MICROSERVICE_CORS_ORIGINS";
    let list = "https://App.example.com:443/, http://localhost:3000, capacitor://localhost";
    let (settings, _) = load(&[(name, list)]).unwrap();
    let expected = [
        "https://app.example.com",
        "http://localhost:3000",
        "capacitor://localhost",
    ];
    assert_eq!(settings.http.cors_origins, expected);
    for origin in [
        "*",
        "null",
        "app.example.com",
        "https://app.example.com/path",
        "https://app.example.com?query",
        "https://user@app.example.com",
    ] {
        refused("CORS_ORIGINS", origin);
    }
}

#[test]
fn headers_of_cors_are_names() {
    let name = "AUTH_MICROSERVICE_CORS_REQUEST_HEADERS";
    let (settings, _) = load(&[(name, "Authorization,, X-Mine ")]).unwrap();
    assert_eq!(
        settings.http.cors_request_headers,
        ["Authorization", "X-Mine"]
    );
    let default = load(&[]).unwrap().0.http.cors_request_headers;
    assert!(default.contains(&"traceparent".to_owned()), "{default:?}");
    for wrong in ["*", "a b", "X-Mine: 1", "\"X\""] {
        refused("CORS_REQUEST_HEADERS", wrong);
    }
}

#[test]
fn proxies_are_networks_and_never_every_address() {
    let name = "AUTH_MICROSERVICE_TRUSTED_PROXIES";
    let (settings, _) = load(&[(name, "10.0.0.0/8, ::1")]).unwrap();
    let networks: Vec<String> = settings
        .http
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(networks, ["10.0.0.0/8", "::1/128"]);
    for everything in ["0.0.0.0/0", "10.0.0.0/8, ::/0", "0.0.0.0/1,128.0.0.0/1"] {
        let error = refused("TRUSTED_PROXIES", everything);
        assert!(error.contains("every address"), "{error}");
    }
}

#[test]
fn levels_of_the_predecessor_become_directives() {
    let name = "AUTH_MICROSERVICE_LOG_LEVEL";
    for (level, filter) in [
        ("WARNING", "warn"),
        ("notset", "trace"),
        ("Fatal", "error"),
        ("info,auth_http=debug", "info,auth_http=debug"),
    ] {
        assert_eq!(load(&[(name, level)]).unwrap().0.logs.filter, filter);
    }
}

#[test]
fn logs_are_text_in_development_only_unless_it_is_set() {
    let format = |pairs: &[(&str, &str)]| load(pairs).unwrap().0.logs.format;
    let of = |environment| ("AUTH_MICROSERVICE_ENVIRONMENT", environment);
    assert_eq!(format(&[]), LogFormat::Json);
    assert_eq!(format(&[of("test")]), LogFormat::Json);
    assert_eq!(format(&[of("development")]), LogFormat::Text);
    let json = ("AUTH_MICROSERVICE_LOG_FORMAT", "json");
    assert_eq!(format(&[of("development"), json]), LogFormat::Json);
}

#[test]
fn a_policy_is_leased_for_a_second_at_most() {
    let error = refused("POLICY_LEASE_MS", "1001");
    assert!(error.contains("from 50 to 1000"), "{error}");
}

#[test]
fn what_only_adapters_know_is_said_with_everything_else() {
    let sources = Sources::from_pairs([
        ("AUTH_MICROSERVICE_PORT", "x"),
        ("AUTH_MICROSERVICE_ARGON2_LANES", "4"),
    ]);
    let further = |settings: &Settings| {
        assert_eq!(settings.listen.port, 8000, "a wrong one counts as unset");
        assert_eq!(settings.argon2.lanes, 4);
        vec![Argon2::ARGON2_MEMORY_KIB.problem("is not enough")]
    };
    let error = Settings::load(&sources, further).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().skip(1).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "AUTH_MICROSERVICE_PORT: must be a whole number from 0 to 65535, and is \"x\"",
            "AUTH_MICROSERVICE_ARGON2_MEMORY_KIB: is not enough"
        ]
    );
}
