//! How long one access token takes to issue and to verify, on one thread.
//!
//! `cargo run --release -p auth-crypto --example token_speed`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement that is read by a person"
)]

use std::hint::black_box;
use std::time::Instant;

use auth_crypto::{JwtIssuer, JwtOptions, SystemClock, random_secret};
use auth_domain::clock::Clock as _;
use auth_domain::identity::{AccessClaims, TokenIssuer as _};
use auth_domain::ids::{OrganizationId, RoleId, SessionId, UserId};
use auth_domain::text::Username;
use auth_domain::users::EmailAddress;
use chrono::Duration;

const ROUNDS: u32 = 300_000;

fn main() {
    let issuer = JwtIssuer::new(JwtOptions {
        key: random_secret().unwrap(),
        issuer: "https://auth.example.com".into(),
        audience: Some("auth-microservice".into()),
    })
    .unwrap();
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
    let token = issuer.issue(&claims).unwrap();
    println!("a token of {} bytes", token.expose().len());
    time("issue", || {
        black_box(issuer.issue(black_box(&claims)).unwrap());
    });
    time("verify", || {
        black_box(issuer.verify(black_box(token.expose()), now).unwrap());
    });
}

fn time(name: &str, mut work: impl FnMut()) {
    for _ in 0..ROUNDS / 10 {
        work();
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    println!("{name}: {} ns", (start.elapsed() / ROUNDS).as_nanos());
}
