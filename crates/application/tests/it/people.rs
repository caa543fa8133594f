//! Every field of a person and of a contact, as it is changed and recorded.

use auth_application::users::{ContactChanges, UserChanges};
use auth_domain::change::Change;
use auth_domain::page::PageRequest;
use auth_domain::rbac::Permission;
use auth_domain::store::Store as _;
use auth_domain::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, Street, ZipCode,
};
use auth_domain::users::{EmailAddress, Gender, UserFilter, UserStatus};
use serde_json::{Value, json};

use crate::acme::{Acme, refused};
use crate::staff::{to_email, to_status};

/// Action, table, row, and the values before and after of the last audit row.
async fn audited(acme: &Acme) -> (String, Value, Value) {
    let [audit, _] = acme.last_words().await;
    let columns: Vec<&str> = audit.split('|').collect();
    let read = |index: usize| serde_json::from_str(columns[index]).unwrap();
    (columns[..3].join("|"), read(5), read(6))
}

#[tokio::test]
async fn every_personal_field_is_set_and_recorded() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let name = |text| PersonName::parse(text).unwrap();
    let set = UserChanges {
        first_name: Some(name("Änne")),
        middle_name: Change::Set(name("Maria")),
        last_name: Change::Set(name("Lima")),
        date_of_birth: Change::Set(DateOfBirth::parse("1990-01-02").unwrap()),
        gender: Change::Set(Gender::Female),
        nationality: Change::Set(Nationality::parse("AT").unwrap()),
        ..UserChanges::default()
    };
    let written = acme.update(&boss, ana, &set).await.unwrap();
    assert_eq!(acme.read(ana).await, written.value);
    let (row, before, after) = audited(&acme).await;
    assert_eq!(row, format!("user.updated|users|{ana}"));
    let nothing = json!({"first_name": "Ana", "middle_name": null, "last_name": null,
        "date_of_birth": null, "gender": null, "nationality": null});
    assert_eq!(before, nothing);
    let all = json!({"first_name": "Änne", "middle_name": "Maria", "last_name": "Lima",
        "date_of_birth": "1990-01-02", "gender": "female", "nationality": "AT"});
    assert_eq!(after, all);
    let fields = json!([
        "date_of_birth",
        "first_name",
        "gender",
        "last_name",
        "middle_name",
        "nationality"
    ]);
    assert_eq!(acme.payload("user.updated").await["fields"], fields);
}

#[tokio::test]
async fn every_personal_field_but_the_first_name_is_cleared() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let blank = acme.read(ana).await.user.person;
    let set = UserChanges {
        middle_name: Change::Set(PersonName::parse("Maria").unwrap()),
        last_name: Change::Set(PersonName::parse("Lima").unwrap()),
        date_of_birth: Change::Set(DateOfBirth::parse("1990-01-02").unwrap()),
        gender: Change::Set(Gender::Other),
        nationality: Change::Set(Nationality::parse("AT").unwrap()),
        ..UserChanges::default()
    };
    acme.update(&boss, ana, &set).await.unwrap();
    let clear = UserChanges {
        middle_name: Change::Clear,
        last_name: Change::Clear,
        date_of_birth: Change::Clear,
        gender: Change::Clear,
        nationality: Change::Clear,
        ..UserChanges::default()
    };
    let written = acme.update(&boss, ana, &clear).await.unwrap();
    assert_eq!(written.value.user.person, blank);
    assert_eq!(acme.read(ana).await.user.person, blank);
}

fn full_contact() -> ContactChanges {
    let place = |text| Change::Set(Place::parse(text).unwrap());
    let phone = |text| Change::Set(PhoneNumber::parse(text).unwrap());
    ContactChanges {
        email: Change::Set(EmailAddress::parse("new@example.com").unwrap()),
        phone_number: phone("+43 1 1"),
        emergency_number: phone("+43 1 2"),
        address: Change::Set(PostalAddress::parse("Ring 1, Wien").unwrap()),
        street_address: Change::Set(Street::parse("Ring 1").unwrap()),
        city: place("Wien"),
        state: place("W"),
        zip_code: Change::Set(ZipCode::parse("1010").unwrap()),
        country: place("Austria"),
    }
}

#[tokio::test]
async fn every_field_of_a_contact_is_set_and_recorded() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let written = acme.update_contact(&boss, ana, &full_contact()).await;
    let contacts = acme.store.read().users();
    let stored = contacts.find_contact(acme.id, ana).await.unwrap();
    assert_eq!(stored, Some(written.unwrap().value));
    let (row, before, after) = audited(&acme).await;
    assert_eq!(row, format!("user.updated|user_contacts|{ana}"));
    let nothing = json!({"email": "ana@example.com", "phone_number": null,
        "emergency_number": null, "address": null, "street_address": null, "city": null,
        "state": null, "zip_code": null, "country": null});
    assert_eq!(before, nothing);
    let all = json!({"email": "new@example.com", "phone_number": "+43 1 1",
        "emergency_number": "+43 1 2", "address": "Ring 1, Wien", "street_address": "Ring 1",
        "city": "Wien", "state": "W", "zip_code": "1010", "country": "Austria"});
    assert_eq!(after, all);
    let fields = json!([
        "address",
        "city",
        "country",
        "email",
        "emergency_number",
        "phone_number",
        "state",
        "street_address",
        "zip_code"
    ]);
    let told = acme.payload("user.updated").await;
    assert_eq!(told["fields"], fields);
    assert_eq!(told["user_id"], json!(ana));
}

#[tokio::test]
async fn every_field_of_a_contact_but_the_address_is_cleared() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let blank = acme.contact(&boss, None, ana).await.unwrap();
    acme.update_contact(&boss, ana, &full_contact())
        .await
        .unwrap();
    let clear = ContactChanges {
        email: Change::Set(blank.email.clone()),
        phone_number: Change::Clear,
        emergency_number: Change::Clear,
        address: Change::Clear,
        street_address: Change::Clear,
        city: Change::Clear,
        state: Change::Clear,
        zip_code: Change::Clear,
        country: Change::Clear,
    };
    let written = acme.update_contact(&boss, ana, &clear).await.unwrap();
    assert_eq!(written.value, blank);
    assert_eq!(acme.contact(&boss, None, ana).await.unwrap(), blank);
}

#[tokio::test]
async fn a_username_that_changes_with_the_address_is_recorded_with_it() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    acme.execute(&format!(
        "UPDATE users SET username = 'ana@example.com', username_key = 'ana@example.com' \
         WHERE user_id = {ana}"
    ))
    .await;
    let changes = to_email("new@example.com");
    acme.update_contact(&boss, ana, &changes).await.unwrap();
    let (_, before, after) = audited(&acme).await;
    assert_eq!(before["username"], "ana@example.com");
    assert_eq!(after["username"], "new@example.com");
}

#[tokio::test]
async fn a_username_that_would_be_another_users_keeps_the_address() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    acme.execute(&format!(
        "UPDATE users SET username = 'ana@example.com', username_key = 'ana@example.com' \
         WHERE user_id = {ana}"
    ))
    .await;
    // A name of the time before names with @ had to be the own address.
    acme.execute(
        "UPDATE users SET username = 'new@example.com', username_key = 'new@example.com' \
         WHERE username = 'root'",
    )
    .await;
    let before = acme.trace().await;
    let changes = to_email("new@example.com");
    let outcome = acme.update_contact(&boss, ana, &changes).await;
    refused(&outcome, "username_already_exists");
    assert_eq!(acme.trace().await, before);
    assert_eq!(acme.read(ana).await.user.email.as_str(), "ana@example.com");
}

#[tokio::test]
async fn users_are_listed_by_status_to_those_who_read_users() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::UserRead]).await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    acme.switch_off(acme.id, ana).await;
    let page = PageRequest::first();
    for (status, expected) in [
        (None, vec![acme.boss, reader.user_id(), ana]),
        (Some(UserStatus::Active), vec![acme.boss, reader.user_id()]),
        (Some(UserStatus::Inactive), vec![ana]),
    ] {
        let filter = UserFilter {
            status,
            ..UserFilter::default()
        };
        let found = acme.users_of(&reader, acme.id, &filter, &page).await;
        let found = found.unwrap().items;
        let found: Vec<_> = found.iter().map(|found| found.user.id).collect();
        assert_eq!(found, expected);
    }
    let guest = acme.holder("guest", &[]).await;
    let found = acme
        .users_of(&guest, acme.id, &UserFilter::default(), &page)
        .await;
    refused(&found, "forbidden");
    refused(&acme.get(&guest, None, ana).await, "forbidden");
    refused(&acme.contact(&guest, None, ana).await, "forbidden");
    let found = acme.get(&reader, None, ana).await.unwrap();
    assert_eq!(found, acme.read(ana).await);
}

#[tokio::test]
async fn a_deactivation_is_recorded_once_with_its_two_events() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let revision = acme.organization(acme.id).await.policy_revision;
    let off = to_status(UserStatus::Inactive);
    let written = acme.update(&boss, ana, &off).await.unwrap();
    assert_eq!(written.revision.get(), revision.get() + 1);
    let (row, before, after) = audited(&acme).await;
    assert_eq!(row, format!("user.deactivated|users|{ana}"));
    assert_eq!(before, json!({"status": "active"}));
    assert_eq!(after, json!({"status": "inactive"}));
    assert_eq!(acme.events(ana).await, ["user.updated", "user.deactivated"]);
    let told = json!({"actor_id": boss.user_id(), "organization_id": acme.id, "user_id": ana});
    assert_eq!(acme.payload("user.deactivated").await, told);
}

#[tokio::test]
async fn a_changed_user_has_the_time_of_the_change() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let role = acme.role(acme.id, "Empty", &[]).await;
    acme.clock.advance(std::time::Duration::from_secs(5));
    let changes = crate::staff::to_role(role);
    let written = acme.update(&boss, ana, &changes).await.unwrap();
    let now = auth_domain::clock::Clock::now(&*acme.clock);
    assert_eq!(written.value.user.updated_at, now);
    assert_eq!(acme.read(ana).await, written.value);
}

#[tokio::test]
async fn a_new_name_of_a_deactivated_user_is_no_second_deactivation() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    acme.switch_off(acme.id, ana).await;
    let renamed = UserChanges {
        first_name: Some(PersonName::parse("Eva").unwrap()),
        ..UserChanges::default()
    };
    let before = acme.organization(acme.id).await.policy_revision;
    let written = acme.update(&boss, ana, &renamed).await.unwrap();
    assert_eq!(written.value.user.status, UserStatus::Inactive);
    assert_eq!(written.revision, before);
    assert_eq!(acme.events(ana).await, ["user.updated"]);
}
