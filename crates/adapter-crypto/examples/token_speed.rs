//! How long one access token takes to issue and to verify, and a password to
//! look up, on one thread.
//!
//! `cargo run --profile dist -p auth-crypto --example token_speed`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement that is read by a person"
)]

use std::hint::black_box;
use std::time::Instant;

use auth_crypto::{
    CommonPasswordList, JwtIssuer, JwtOptions, SigningKey, SystemClock, random_secret,
};
use auth_domain::clock::{Clock as _, Timestamp};
use auth_domain::identity::{AccessClaims, CommonPasswords as _, Password, TokenIssuer as _};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::text::Username;
use auth_domain::users::EmailAddress;
use chrono::Duration;

const ROUNDS: u32 = 100_000;
/// The key of RFC 8037, appendix A.
const PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----";

fn main() {
    let now = SystemClock::new().now();
    let claims = AccessClaims {
        user_id: UserId::new(123_456).unwrap(),
        session_id: SessionId::new(987_654_321).unwrap(),
        organization_id: OrganizationId::new(4711).unwrap(),
        role_id: Some(RoleId::new(12).unwrap()),
        username: Username::from_stored("ana.example".into()),
        email: EmailAddress::from_stored("ana.example@example.com".into()),
        issued_at: now,
        expires_at: now + Duration::minutes(15),
    };
    let shared = SigningKey::Shared(random_secret().unwrap());
    measure("HS256", shared, &claims, now);
    measure("EdDSA", SigningKey::Ed25519(PEM.into()), &claims, now);
    let password = Password::parse("correct horse battery staple").unwrap();
    time("look a password up", || {
        black_box(CommonPasswordList.contains(black_box(&password)));
    });
}

fn measure(name: &str, signing: SigningKey, claims: &AccessClaims, now: Timestamp) {
    let mut options = JwtOptions {
        signing,
        accepted_shared: None,
        accepted_public: String::new(),
        issuer: "https://auth.example.com".into(),
        audience: Some("auth-microservice".into()),
        cached_tokens: 0,
    };
    let issuer = JwtIssuer::new(options.clone()).unwrap();
    options.cached_tokens = JwtOptions::CACHED_TOKENS;
    let remembering = JwtIssuer::new(options).unwrap();
    let token = issuer.issue(claims).unwrap();
    println!("{name}: a token of {} bytes", token.expose().len());
    time("issue", || {
        black_box(issuer.issue(black_box(claims)).unwrap());
    });
    let plain = time("verify", || {
        black_box(issuer.verify(black_box(token.expose()), now).unwrap());
    });
    let cached = time("verify, remembered", || {
        black_box(remembering.verify(black_box(token.expose()), now).unwrap());
    });
    println!("ratio: {:.1}", plain.as_secs_f64() / cached.as_secs_f64());
}

fn time(name: &str, mut work: impl FnMut()) -> std::time::Duration {
    for _ in 0..ROUNDS / 10 {
        work();
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    let one = start.elapsed() / ROUNDS;
    println!("{name}: {} ns", one.as_nanos());
    one
}
