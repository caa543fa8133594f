//! Signing in, seen from the ports.

use auth_application::error::{ErrorKind, UseCaseError as _};
use auth_application::identity::AuthError;
use auth_domain::identity::{HashError, MockPasswordHasher, PasswordHash, Verification};
use auth_domain::organizations::LicenseStatus;
use auth_domain::security::LoginSubject;
use auth_domain::users::UserStatus;

use crate::fakes::{FakeStore, MockTx};
use crate::login_mocks::{
    RIGHT, WRONG, active, credentials, failing, hasher, known, login, reads, service, signing_in,
    user,
};
use crate::parts::NAME_HASH;

#[tokio::test]
async fn an_unknown_name_costs_a_comparison_and_the_same_row() {
    let row = failing(LoginSubject::Unknown(NAME_HASH));
    let store = FakeStore::with(reads(None), vec![row]);
    let service = service(store, hasher(None, WRONG));
    let refused = login(&service).await.unwrap_err();
    assert!(matches!(refused, AuthError::InvalidCredentials));
}

#[tokio::test]
async fn the_state_of_an_account_shows_only_with_its_password() {
    for (status, licence, expected) in [
        (
            UserStatus::Inactive,
            LicenseStatus::Active,
            "account_inactive",
        ),
        (
            UserStatus::Active,
            LicenseStatus::Suspended,
            "organization_suspended",
        ),
    ] {
        for (answer, expected) in [(WRONG, "invalid_credentials"), (RIGHT, expected)] {
            let found = credentials(status, licence, "hash");
            let hash = found.password_hash.clone();
            let rows = if answer == WRONG {
                vec![failing(known())]
            } else {
                vec![]
            };
            let store = FakeStore::with(reads(Some(found)), rows);
            let service = service(store, hasher(hash, answer));
            assert_eq!(login(&service).await.unwrap_err().code(), expected);
        }
    }
}

#[tokio::test]
async fn an_expired_licence_still_signs_in() {
    let found = credentials(UserStatus::Active, LicenseStatus::Expired, "hash");
    let tx = signing_in(found.clone());
    let hash = found.password_hash.clone();
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    let service = service(store, hasher(hash, RIGHT));
    assert_eq!(login(&service).await.unwrap().get(), 11);
}

#[tokio::test]
async fn a_password_that_was_reset_in_between_opens_no_session() {
    let mut tx = MockTx::default();
    tx.users
        .expect_record_login()
        .times(1)
        .return_once(|_, _| Ok(Some(active("another"))));
    let found = active("hash");
    let hash = found.password_hash.clone();
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    let service = service(store, hasher(hash, RIGHT));
    let refused = login(&service).await.unwrap_err();
    assert!(matches!(refused, AuthError::InvalidCredentials));
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_in_the_transaction_of_the_login() {
    let found = active("$2b$12$old");
    let mut tx = signing_in(found.clone());
    tx.users
        .expect_upgrade_password_hash()
        .times(1)
        .withf(|id, old, new| {
            *id == user() && old.expose() == "$2b$12$old" && new.expose() == "$argon2id$new"
        })
        .return_once(|_, _, _| Ok(true));
    let mut hasher = hasher(
        found.password_hash.clone(),
        Verification {
            outdated: true,
            ..RIGHT
        },
    );
    let new = PasswordHash::new("$argon2id$new".into());
    hasher.expect_hash().times(1).return_once(move |_| Ok(new));
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    login(&service(store, hasher)).await.unwrap();
}

#[tokio::test]
async fn a_busy_hasher_puts_the_upgrade_off_and_still_signs_in() {
    let found = active("$2b$12$old");
    let tx = signing_in(found.clone());
    let mut hasher = hasher(
        found.password_hash.clone(),
        Verification {
            outdated: true,
            ..RIGHT
        },
    );
    hasher
        .expect_hash()
        .times(1)
        .return_once(|_| Err(HashError::Busy));
    let store = FakeStore::with(reads(Some(found)), vec![tx]);
    login(&service(store, hasher)).await.unwrap();
}

#[tokio::test]
async fn a_full_hash_queue_is_busy_not_a_wrong_password() {
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_verify()
        .return_once(|_, _| Err(HashError::Busy));
    let service = service(FakeStore::with(reads(Some(active("hash"))), vec![]), hasher);
    let refused = login(&service).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("busy", ErrorKind::Busy));
}
