//! `UserQueries` and `UserRepo`.

use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{LoginName, PasswordHash};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::text::{
    DateOfBirth, NameKey, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street,
    ZipCode,
};
use auth_domain::users::{EmailProof, Gender, NewUser, UserStatus};

use super::StoreSubject;
use crate::builders::{self, at};

async fn insert(s: &dyn StoreSubject, new: &NewUser) -> Result<(), PortError> {
    let mut tx = s.begin().await;
    tx.users().insert(new).await?;
    tx.commit().await
}

#[track_caller]
fn taken(result: &Result<(), PortError>, by: Constraint) {
    assert!(
        matches!(result, Err(PortError::NotUnique(what)) if *what == by),
        "{result:?}"
    );
}

pub async fn a_new_user_reads_back_as_written(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut new = builders::user(acme.id, "ana");
    new.person.middle_name = Some(PersonName::parse("María").unwrap());
    new.person.last_name = Some(PersonName::parse("O'Neill; --").unwrap());
    new.person.date_of_birth = Some(DateOfBirth::parse("1990-02-30").unwrap());
    new.person.gender = Some(Gender::Female);
    new.person.nationality = Some(Nationality::parse("Österreich").unwrap());
    new.contact.phone_number = Some(PhoneNumber::parse("+43 1 23").unwrap());
    new.contact.emergency_number = Some(PhoneNumber::parse("112").unwrap());
    new.contact.address = Some(PostalAddress::parse("Ring 1, Wien").unwrap());
    new.contact.street_address = Some(Street::parse("Ring 1").unwrap());
    new.contact.city = Some(Place::parse("Wien").unwrap());
    new.contact.state = Some(Place::parse("W").unwrap());
    new.contact.zip_code = Some(ZipCode::parse("1010").unwrap());
    new.contact.country = Some(Place::parse("AT").unwrap());
    let mut tx = s.begin().await;
    let made = tx.users().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(made.organization_id, acme.id);
    assert_eq!((&made.username, &made.person), (&new.username, &new.person));
    assert_eq!(made.email, new.contact.email);
    assert_eq!(made.status, UserStatus::Active);
    assert_eq!((made.email_verified_at, made.last_login), (None, None));
    assert_eq!((made.created_at, made.updated_at), (at(0), at(0)));
    let read = s.store().read().users();
    let contact = read.find_contact(acme.id, made.id).await.unwrap();
    assert_eq!(contact, Some(new.contact));
    assert_eq!(read.find(acme.id, made.id).await.unwrap(), Some(made));
}

pub async fn a_user_is_found_in_the_own_organization_only(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let made = s.user(&acme, "ana").await;
    let read = s.store().read().users();
    assert_eq!(read.find(other.id, made.id).await.unwrap(), None);
    assert_eq!(read.find_contact(other.id, made.id).await.unwrap(), None);
    let unknown = UserId::new(4_711).unwrap();
    assert_eq!(read.find(acme.id, unknown).await.unwrap(), None);
}

pub async fn a_username_is_unique_by_its_key_over_all_organizations(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    s.user(&acme, "straße").await;
    let mut again = builders::user(other.id, "STRASSE");
    again.contact = builders::contact("else@example.com");
    taken(&insert(s, &again).await, Constraint::Username);
}

pub async fn an_address_is_unique_by_its_key_over_all_organizations(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    s.user(&acme, "ana").await;
    let mut again = builders::user(other.id, "bea");
    again.contact = builders::contact("ANA@Example.com");
    taken(&insert(s, &again).await, Constraint::Email);
}

pub async fn a_taken_username_is_told_before_a_taken_address(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    s.user(&acme, "ana").await;
    let again = builders::user(acme.id, "ana");
    taken(&insert(s, &again).await, Constraint::Username);
}

pub async fn a_user_of_no_organization_is_refused(s: &dyn StoreSubject) {
    let nowhere = OrganizationId::new(4_711).unwrap();
    let refused = insert(s, &builders::user(nowhere, "ana")).await;
    assert!(
        matches!(
            refused,
            Err(PortError::MissingReference(Constraint::Organization))
        ),
        "{refused:?}"
    );
}

pub async fn one_of_two_users_that_take_a_name_at_once_gets_it(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut two = builders::user(acme.id, "ANA");
    two.contact = builders::contact("two@example.com");
    let one = builders::user(acme.id, "ana");
    let (one, two) = futures::join!(insert(s, &one), insert(s, &two));
    let (lost, won) = if one.is_ok() { (two, one) } else { (one, two) };
    assert!(won.is_ok(), "{won:?}");
    taken(&lost, Constraint::Username);
}

pub async fn credentials_are_found_by_username_or_by_address_never_by_both(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let mut without = builders::user(acme.id, "bea");
    without.password_hash = None;
    insert(s, &without).await.unwrap();
    let read = s.store().read().users();
    let find = async |name: &str| {
        let name = LoginName::parse(name, 3).unwrap();
        read.find_credentials(&name).await.unwrap()
    };
    let by_name = find("ANA").await.unwrap();
    assert_eq!(by_name.account.user_id, ana.id);
    assert_eq!(by_name.account.organization_id, acme.id);
    assert_eq!(by_name.password_hash.as_ref().unwrap().expose(), "hash");
    assert_eq!(find("Ana@Example.COM").await, Some(by_name));
    assert_eq!(find("bea").await.unwrap().password_hash, None);
    assert_eq!(find("ana@elsewhere.org").await, None);
    assert_eq!(find("nobody").await, None);
    assert_eq!(find("' OR 1=1 --").await, None);
}

pub async fn a_password_of_an_unknown_user_is_stale(s: &dyn StoreSubject) {
    let hash = PasswordHash::new("new".to_owned());
    let unknown = UserId::new(4_711).unwrap();
    let mut tx = s.begin().await;
    let result = tx.users().set_password_hash(unknown, &hash, at(1)).await;
    assert!(matches!(result, Err(PortError::Stale)), "{result:?}");
}

pub async fn a_hash_is_upgraded_only_while_the_old_one_stands(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let hash = |text: &str| PasswordHash::new(text.to_owned());
    let mut tx = s.begin().await;
    let users = tx.users();
    let upgraded = users
        .upgrade_password_hash(ana.id, &hash("hash"), &hash("better"))
        .await;
    assert!(upgraded.unwrap());
    let late = users
        .upgrade_password_hash(ana.id, &hash("hash"), &hash("best"))
        .await;
    assert!(!late.unwrap());
    let set = users.set_password_hash(ana.id, &hash("set"), at(9)).await;
    set.unwrap();
    tx.commit().await.unwrap();
    let read = s.store().read().users();
    let name = LoginName::parse("ana", 3).unwrap();
    let found = read.find_credentials(&name).await.unwrap().unwrap();
    assert_eq!(found.password_hash.unwrap().expose(), "set");
    let user = read.find(acme.id, ana.id).await.unwrap().unwrap();
    assert_eq!(user.updated_at, at(9));
}

pub async fn an_address_is_verified_only_while_it_is_that_one(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut tx = s.begin().await;
    let users = tx.users();
    let mut verify = async |id: UserId, email: &str, second: i64| {
        let key = NameKey::of(email);
        users.verify_email(id, &key, at(second)).await.unwrap()
    };
    let unknown = UserId::new(4_711).unwrap();
    for (user, email) in [
        (ana.id, "old@example.com"),
        (unknown, "ana@example.com"),
        (bea.id, "ana@example.com"),
    ] {
        assert_eq!(verify(user, email, 4).await, EmailProof::NotTheAddress);
    }
    assert_eq!(verify(ana.id, "ANA@example.com", 5).await, EmailProof::New);
    assert_eq!(
        verify(ana.id, "ana@example.com", 6).await,
        EmailProof::Known
    );
    let other = verify(ana.id, "old@example.com", 7).await;
    assert_eq!(other, EmailProof::NotTheAddress);
    tx.commit().await.unwrap();
    let read = s.store().read().users();
    let user = read.find(acme.id, ana.id).await.unwrap().unwrap();
    assert_eq!(user.email_verified_at, Some(at(5)));
    assert_eq!(user.updated_at, at(5));
    assert_eq!(read.find(acme.id, bea.id).await.unwrap(), Some(bea));
}

pub async fn a_sign_in_is_remembered_and_is_no_update(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let mut tx = s.begin().await;
    let signed_in = tx.users().record_login(ana.id, at(5)).await.unwrap();
    let unknown = UserId::new(4_711).unwrap();
    let nothing = tx.users().record_login(unknown, at(5)).await.unwrap();
    assert_eq!(nothing, None);
    tx.commit().await.unwrap();
    let name = LoginName::parse("ana", 3).unwrap();
    let stored = s.store().read().users().find_credentials(&name).await;
    assert_eq!(signed_in, stored.unwrap(), "what a sign-in rests on");
    let account = s.store().read().users().find_account(&name).await;
    assert_eq!(account.unwrap(), signed_in.map(|found| found.account));
    let user = s.store().read().users().find(acme.id, ana.id).await;
    let user = user.unwrap().unwrap();
    assert_eq!((user.last_login, user.updated_at), (Some(at(5)), at(0)));
}

pub async fn the_slowest_bcrypt_hash_is_that_of_the_highest_work_factor(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let slowest = async || {
        let found = s.store().read().users().find_slowest_bcrypt().await;
        found.unwrap()
    };
    for (name, hash, expected) in [
        (
            "ana",
            Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"),
            None,
        ),
        ("bea", None, None),
        ("cyd", Some("$2b$09$of cyd"), Some("$2b$09$of cyd")),
        ("dee", Some("$2y$12$of dee"), Some("$2y$12$of dee")),
        ("eve", Some("$2a$10$of eve"), Some("$2y$12$of dee")),
    ] {
        let mut user = builders::user(acme.id, name);
        user.password_hash = hash.map(|hash| PasswordHash::new(hash.to_owned()));
        let mut tx = s.begin().await;
        tx.users().insert(&user).await.unwrap();
        tx.commit().await.unwrap();
        let expected = expected.map(|hash| PasswordHash::new(hash.to_owned()));
        assert_eq!(slowest().await, expected, "{name}");
    }
}
