//! `UserQueries` and `UserRepo`: lists, and changes of users that exist.

use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::page::PageRequest;
use auth_domain::text::{
    DateOfBirth, Nationality, PersonName, PhoneNumber, Place, PostalAddress, SearchPrefix, Street,
    Username, ZipCode,
};
use auth_domain::users::{
    Contact, EmailProof, Gender, NewUser, User, UserFilter, UserKey, UserOrder, UserStatus,
};

use super::StoreSubject;
use crate::builders::{self, at};

pub(super) async fn status(s: &dyn StoreSubject, user: &User, status: UserStatus, second: i64) {
    let mut user = read(s, user).await;
    user.status = status;
    user.updated_at = at(second);
    update(s, &user).await;
}

async fn update(s: &dyn StoreSubject, user: &User) {
    let mut tx = s.begin().await;
    tx.users().update(user).await.unwrap();
    tx.commit().await.unwrap();
}

async fn contact(s: &dyn StoreSubject, user: &User, contact: &Contact) -> Result<(), PortError> {
    let mut tx = s.begin().await;
    let users = tx.users();
    users
        .update_contact(user.organization_id, user.id, contact, at(7))
        .await?;
    tx.commit().await
}

async fn read(s: &dyn StoreSubject, user: &User) -> User {
    let read = s.store().read().users();
    let found = read.find(user.organization_id, user.id).await;
    found.unwrap().unwrap()
}

/// The ids of a page, and where the next one starts.
async fn ids(
    s: &dyn StoreSubject,
    of: &Organization,
    status: Option<UserStatus>,
    page: &PageRequest<UserKey>,
) -> (Vec<UserId>, Option<PageRequest<UserKey>>) {
    let read = s.store().read().users();
    let filter = UserFilter {
        status,
        ..UserFilter::default()
    };
    let found = read.list(of.id, &filter, page).await.unwrap();
    let next = found.next.map(|key| page.clone().starting_after(key));
    (found.items.iter().map(|item| item.user.id).collect(), next)
}

pub async fn a_user_comes_with_its_roles_the_oldest_first(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut tx = s.begin().await;
    let mut made = Vec::new();
    for name in ["One", "Two", "Three"] {
        made.push(
            tx.roles()
                .insert(&builders::role(acme.id, name))
                .await
                .unwrap(),
        );
    }
    // The second is the oldest; of two of one instant the first given.
    for (role, second) in [(made[0], 9), (made[1], 1), (made[2], 9)] {
        let assigned = tx.grants().assign(acme.id, ana.id, role, at(second)).await;
        assert!(assigned.unwrap());
    }
    tx.commit().await.unwrap();
    let read = s.store().read().users();
    let found = read
        .find_with_roles(acme.id, ana.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.role_ids, [made[1], made[0], made[2]]);
    assert_eq!(found.role_id(), Some(made[1]));
    assert_eq!(found.user, ana);
    let without = read
        .find_with_roles(acme.id, bea.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((without.role_id(), &without.user), (None, &bea));
    let listed = read
        .list(acme.id, &UserFilter::default(), &PageRequest::first())
        .await
        .unwrap();
    assert_eq!(listed.items, [found, without]);
    let other = s.organization("Other").await;
    let foreign = read.find_with_roles(other.id, ana.id).await;
    assert_eq!(foreign.unwrap(), None);
}

pub async fn a_list_is_of_one_organization_and_status_by_id(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    s.user(&other, "eva").await;
    let cy = s.user(&acme, "cyd").await;
    status(s, &bea, UserStatus::Inactive, 3).await;
    let all = PageRequest::first();
    let (found, next) = ids(s, &acme, None, &all).await;
    assert_eq!((found, next), (vec![ana.id, bea.id, cy.id], None));
    let (active, _) = ids(s, &acme, Some(UserStatus::Active), &all).await;
    assert_eq!(active, [ana.id, cy.id]);
    let (inactive, _) = ids(s, &acme, Some(UserStatus::Inactive), &all).await;
    assert_eq!(inactive, [bea.id]);
    let one = PageRequest::new(UserOrder::Id, Some(1), None).unwrap();
    let (first, next) = ids(s, &acme, Some(UserStatus::Active), &one).await;
    assert_eq!(first, [ana.id]);
    let (second, next) = ids(s, &acme, Some(UserStatus::Active), &next.unwrap()).await;
    assert_eq!((second, next), (vec![cy.id], None));
}

pub async fn a_page_of_users_follows_the_one_before_while_users_join(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut joined = Vec::new();
    for name in ["ana", "bea", "cyd"] {
        joined.push(s.user(&acme, name).await.id);
    }
    let mut page = Some(PageRequest::new(UserOrder::Id, Some(2), None).unwrap());
    let mut seen = Vec::new();
    while let Some(request) = page {
        let (found, next) = ids(s, &acme, None, &request).await;
        if seen.is_empty() {
            joined.push(s.user(&acme, "late").await.id);
        }
        seen.extend(found);
        page = next;
    }
    assert_eq!(seen, joined);
}

async fn named(s: &dyn StoreSubject, of: &Organization, prefix: &str) -> Vec<UserId> {
    let filter = UserFilter {
        prefix: Some(SearchPrefix::parse(prefix).unwrap()),
        ..UserFilter::default()
    };
    let read = s.store().read().users();
    let found = read.list(of.id, &filter, &PageRequest::first()).await;
    found
        .unwrap()
        .items
        .iter()
        .map(|item| item.user.id)
        .collect()
}

pub async fn a_list_is_of_users_with_one_of_the_roles(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut users = Vec::new();
    for name in ["ana", "bea", "cyd", "dee"] {
        users.push(s.user(&acme, name).await.id);
    }
    let mut tx = s.begin().await;
    let mut roles = Vec::new();
    for (name, holders) in [("One", &users[..2]), ("Two", &users[1..3]), ("Three", &[])] {
        let role = tx.roles().insert(&builders::role(acme.id, name)).await;
        roles.push(role.unwrap());
        for &holder in holders {
            let role = roles[roles.len() - 1];
            let assigned = tx.grants().assign(acme.id, holder, role, at(0)).await;
            assert!(assigned.unwrap());
        }
    }
    tx.commit().await.unwrap();
    let read = s.store().read().users();
    for (asked, expected) in [
        (&roles[..1], &users[..2]),
        (&roles[..2], &users[..3]),
        (&roles[2..], &[]),
        (&[], &users[..]),
    ] {
        let filter = UserFilter {
            roles: asked.to_vec(),
            ..UserFilter::default()
        };
        let found = read.list(acme.id, &filter, &PageRequest::first()).await;
        let found: Vec<UserId> = found.unwrap().items.iter().map(|u| u.user.id).collect();
        assert_eq!(found, expected, "{asked:?}");
    }
}

pub async fn a_user_is_found_by_how_a_name_or_the_address_begins(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let ben = s.user(&acme, "B_en").await;
    let bert = s.user(&acme, "bert").await;
    s.user(&other, "berta").await;
    let mut zoe = bert.clone();
    zoe.person.first_name = PersonName::parse("Zoe").unwrap();
    zoe.person.last_name = Some(PersonName::parse("O'Neill").unwrap());
    assert_eq!(named(s, &acme, "an").await, [ben.id, bert.id], "first name");
    update(s, &zoe).await;
    let new = builders::contact("new@example.com");
    contact(s, &ben, &new).await.unwrap();
    for (prefix, expected) in [
        ("be", vec![bert.id]),
        ("B", vec![ben.id, bert.id]),
        ("b_EN", vec![ben.id]),
        ("b%", vec![]),
        ("zo", vec![bert.id]),
        ("o'", vec![bert.id]),
        ("AN", vec![ben.id]),
        ("NEW@", vec![ben.id]),
        ("b_en@", vec![]),
        ("ert", vec![]),
    ] {
        assert_eq!(named(s, &acme, prefix).await, expected, "{prefix}");
    }
}

pub async fn users_are_listed_in_each_order_by_pages(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let mut made = Vec::new();
    for (name, second) in [("cyd", 1), ("Ana", 2), ("b_b", 2), ("bea", 0)] {
        let user = NewUser {
            created_at: at(second),
            ..builders::user(acme.id, name)
        };
        let mut tx = s.begin().await;
        made.push(tx.users().insert(&user).await.unwrap().id);
        tx.commit().await.unwrap();
    }
    let read = s.store().read().users();
    for (order, expected) in [
        (UserOrder::Id, [0, 1, 2, 3]),
        (UserOrder::Oldest, [3, 0, 1, 2]),
        (UserOrder::Newest, [2, 1, 0, 3]),
        (UserOrder::Username, [1, 2, 3, 0]),
        (UserOrder::UsernameBackwards, [0, 3, 2, 1]),
    ] {
        let mut page = PageRequest::new(order, Some(1), None).unwrap();
        let mut seen = Vec::new();
        loop {
            let found = read
                .list(acme.id, &UserFilter::default(), &page)
                .await
                .unwrap();
            seen.extend(found.items.iter().map(|item| item.user.id));
            let Some(next) = found.next else { break };
            page = page.starting_after(next);
        }
        assert_eq!(seen, expected.map(|index| made[index]), "{order}");
    }
}

pub async fn a_person_reads_back_as_changed(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let mut person = ana.person.clone();
    person.first_name = PersonName::parse("Änne").unwrap();
    person.middle_name = Some(PersonName::parse("M").unwrap());
    person.last_name = Some(PersonName::parse("L").unwrap());
    person.date_of_birth = Some(DateOfBirth::parse("1990").unwrap());
    person.gender = Some(Gender::Other);
    person.nationality = Some(Nationality::parse("AT").unwrap());
    for (person, second) in [(&person, 5), (&ana.person, 6)] {
        let mut expected = ana.clone();
        expected.person = person.clone();
        expected.updated_at = at(second);
        update(s, &expected).await;
        assert_eq!(read(s, &ana).await, expected);
    }
}

pub async fn a_deactivated_user_is_archived_once_and_one_brought_back_is_not(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let archive = async || {
        s.look("SELECT user_id, substr(CAST(archived_at AS text), 18, 2) FROM archived_users")
            .await
    };
    status(s, &bea, UserStatus::Active, 1).await;
    for second in [3, 4] {
        status(s, &ana, UserStatus::Inactive, second).await;
        let found = read(s, &ana).await;
        assert_eq!(found.status, UserStatus::Inactive);
        assert_eq!(found.updated_at, at(second));
    }
    assert_eq!(archive().await, [format!("{}|03", ana.id)]);
    status(s, &ana, UserStatus::Active, 5).await;
    assert_eq!(read(s, &ana).await.status, UserStatus::Active);
    assert_eq!(archive().await, [""; 0]);
    status(s, &ana, UserStatus::Inactive, 6).await;
    assert_eq!(archive().await, [format!("{}|06", ana.id)]);
}

pub async fn a_contact_reads_back_as_changed(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut changed = builders::contact("New@example.com");
    changed.phone_number = Some(PhoneNumber::parse("+43 1 23").unwrap());
    changed.emergency_number = Some(PhoneNumber::parse("112").unwrap());
    changed.address = Some(PostalAddress::parse("Ring 1, Wien").unwrap());
    changed.street_address = Some(Street::parse("Ring 1").unwrap());
    changed.city = Some(Place::parse("Wien").unwrap());
    changed.state = Some(Place::parse("W").unwrap());
    changed.zip_code = Some(ZipCode::parse("1010").unwrap());
    changed.country = Some(Place::parse("AT").unwrap());
    for new in [changed, builders::contact("new@example.com")] {
        contact(s, &ana, &new).await.unwrap();
        let users = s.store().read().users();
        let found = users.find_contact(acme.id, ana.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&new));
        let user = read(s, &ana).await;
        assert_eq!((user.email, user.updated_at), (new.email, at(7)));
    }
    assert_eq!(read(s, &bea).await, bea);
}

pub async fn another_address_is_not_verified_any_more_and_the_same_one_stays(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let mut tx = s.begin().await;
    let verified = tx
        .users()
        .verify_email(ana.id, &ana.email.key(), at(2))
        .await;
    assert_eq!(verified.unwrap(), EmailProof::New);
    tx.commit().await.unwrap();
    let mut same = builders::contact("ana@example.com");
    same.city = Some(Place::parse("Wien").unwrap());
    contact(s, &ana, &same).await.unwrap();
    assert_eq!(read(s, &ana).await.email_verified_at, Some(at(2)));
    // Another one by its writing, if not by its key.
    contact(s, &ana, &builders::contact("Ana@example.com"))
        .await
        .unwrap();
    assert_eq!(read(s, &ana).await.email_verified_at, None);
}

pub async fn an_address_of_another_user_is_refused(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let ana = s.user(&acme, "ana").await;
    s.user(&other, "eva").await;
    let taken = contact(s, &ana, &builders::contact("EVA@example.com")).await;
    assert!(
        matches!(taken, Err(PortError::NotUnique(Constraint::Email))),
        "{taken:?}"
    );
    assert_eq!(read(s, &ana).await, ana);
}

pub async fn a_name_of_another_user_is_refused(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let ana = s.user(&acme, "ana").await;
    s.user(&other, "eva").await;
    let rename = async |name: &str| {
        let mut tx = s.begin().await;
        let name = Username::parse(name).unwrap();
        tx.users().rename(acme.id, ana.id, &name, at(8)).await?;
        tx.commit().await
    };
    let taken = rename("Eva").await;
    assert!(
        matches!(taken, Err(PortError::NotUnique(Constraint::Username))),
        "{taken:?}"
    );
    assert_eq!(read(s, &ana).await, ana);
    rename("ANA").await.unwrap();
    let renamed = read(s, &ana).await;
    assert_eq!(renamed.username.as_str(), "ANA");
    assert_eq!(renamed.updated_at, at(8));
}

pub async fn a_change_of_no_user_or_of_a_foreign_one_is_stale(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let eva = s.user(&other, "eva").await;
    for id in [UserId::new(4_711).unwrap(), eva.id] {
        for result in all_changes(s, acme.id, id, &eva).await {
            assert!(matches!(result, Err(PortError::Stale)), "{result:?}");
        }
    }
    assert_eq!(read(s, &eva).await, eva);
    let archived = s.look("SELECT user_id FROM archived_users").await;
    assert_eq!(archived, [""; 0]);
}

/// Every change, of values that fit, each committed.
async fn all_changes(
    s: &dyn StoreSubject,
    organization: OrganizationId,
    id: UserId,
    like: &User,
) -> [Result<(), PortError>; 3] {
    let contact = builders::contact("free@example.com");
    let name = Username::parse("free").unwrap();
    let mut tx = s.begin().await;
    let users = tx.users();
    let mut other = like.clone();
    (other.organization_id, other.id) = (organization, id);
    let results = [
        users.update(&other).await,
        users
            .update_contact(organization, id, &contact, at(9))
            .await,
        users.rename(organization, id, &name, at(9)).await,
    ];
    tx.commit().await.unwrap();
    results
}
