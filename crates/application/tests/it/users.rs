//! Inviting and changing users.

use auth_application::users::UserChanges;
use auth_domain::change::Change;
use auth_domain::ids::RoleId;
use auth_domain::page::PageRequest;
use auth_domain::rbac::{Permission, PolicyEngine as _};
use auth_domain::text::PersonName;
use auth_domain::users::{UserFilter, UserStatus};
use serde_json::{Value, json};

use crate::acme::{Acme, refused};
use crate::staff::{to_role, to_status};

#[tokio::test]
async fn an_invited_user_gets_the_given_role_or_member() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let editor = acme.role(acme.id, "Editor", &[Permission::OrgRead]).await;
    let member = acme.member_role().await;
    for (name, asked, expected) in [("ana", Some(editor), editor), ("bea", None, member)] {
        let made = acme.invite(&boss, asked, name).await.unwrap();
        assert_eq!(made.value.role_ids, [expected]);
        assert_eq!(acme.read(made.value.user.id).await, made.value);
        assert_eq!(acme.events(made.value.user.id).await, ["user.created"]);
        let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
        assert_eq!(policy.revision(), made.revision);
        assert_eq!(policy.roles_of(made.value.user.id), [expected]);
    }
}

#[tokio::test]
async fn no_user_is_invited_with_a_role_of_another_organization_or_of_more_rights() {
    let acme = Acme::new().await;
    let other = acme.tenant("Other", "eva").await;
    let inviter = acme.holder("inviter", &[Permission::UserInvite]).await;
    let before = acme.trace().await;
    for (role, code) in [
        (other.role_id, "role_not_in_organization"),
        (RoleId::new(4_711).unwrap(), "role_not_in_organization"),
        (acme.admin_role, "cannot_grant"),
    ] {
        refused(&acme.invite(&inviter, Some(role), "ana").await, code);
    }
    assert_eq!(acme.trace().await, before);
    let made = acme.invite(&inviter, None, "ana").await.unwrap();
    assert_eq!(made.value.role_ids, [acme.member_role().await]);
}

#[tokio::test]
async fn only_the_platform_reaches_users_of_another_organization() {
    let acme = Acme::new().await;
    let other = acme.tenant("Other", "eva").await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    let (all, first) = (UserFilter::default(), PageRequest::first());
    let list = acme.users_of(&boss, other.organization_id, &all, &first);
    refused(&list.await, "forbidden");
    let get = acme.get(&boss, Some(other.organization_id), other.user_id);
    refused(&get.await, "organization_not_found");
    let get = acme.get(&boss, None, other.user_id);
    refused(&get.await, "user_not_found");
    let contact = acme.contact(&boss, None, other.user_id);
    refused(&contact.await, "user_not_found");
    refused(
        &acme.deactivate(&boss, other.user_id).await,
        "user_not_found",
    );

    let list = acme.users_of(&root, other.organization_id, &all, &first);
    assert_eq!(list.await.unwrap().items[0].user.id, other.user_id);
    let get = acme.get(&root, Some(other.organization_id), other.user_id);
    assert_eq!(get.await.unwrap().user.id, other.user_id);
    let nowhere = auth_domain::ids::OrganizationId::new(4_711).unwrap();
    let list = acme.users_of(&root, nowhere, &all, &first);
    refused(&list.await, "organization_not_found");
    let get = acme.get(&root, Some(nowhere), other.user_id);
    refused(&get.await, "organization_not_found");
}

#[tokio::test]
async fn a_changed_name_is_audited_and_told_and_no_matter_of_policy() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let before = acme.policies.snapshot(acme.id, None).await.unwrap();
    let changes = UserChanges {
        first_name: Some(PersonName::parse("Änne").unwrap()),
        last_name: Change::Set(PersonName::parse("Lima").unwrap()),
        nationality: Change::Clear,
        ..UserChanges::default()
    };
    let written = acme.update(&boss, ana, &changes).await.unwrap();
    assert_eq!(written.revision, before.revision());
    assert_eq!(written.value, acme.read(ana).await);
    assert_eq!(written.value.user.person.first_name.as_str(), "Änne");
    let audited = acme
        .look(
            "SELECT action_type, affected_table, previous_data, new_data FROM audit_logs \
             ORDER BY log_id DESC LIMIT 1",
        )
        .await;
    let columns: Vec<&str> = audited[0].split('|').collect();
    assert_eq!(columns[..2], ["user.updated", "users"]);
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        read(columns[2]),
        json!({"first_name": "Ana", "last_name": null})
    );
    assert_eq!(
        read(columns[3]),
        json!({"first_name": "Änne", "last_name": "Lima"})
    );
    let told = acme
        .look("SELECT payload FROM outbox_events WHERE event_type = 'user.updated'")
        .await;
    let expected = json!({"actor_id": boss.user_id(), "user_id": ana, "organization_id": acme.id,
        "fields": ["first_name", "last_name", "nationality"]});
    assert_eq!(read(&told[0]), expected);
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let member = acme.member_role().await;
    let ana = acme.user(acme.id, "ana", &[member]).await;
    let (before, user) = (acme.trace().await, acme.read(ana).await);
    for changes in [
        UserChanges::default(),
        to_status(UserStatus::Active),
        to_role(member),
        UserChanges {
            middle_name: Change::Clear,
            ..UserChanges::default()
        },
    ] {
        let written = acme.update(&boss, ana, &changes).await.unwrap();
        assert_eq!(written.value, user);
    }
    // One's own status and role as they are: no change either.
    let own = acme
        .update(&boss, acme.boss, &to_role(acme.admin_role))
        .await;
    own.unwrap();
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_role_takes_the_place_of_all_and_null_takes_all_away() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let one = acme.role(acme.id, "One", &[Permission::OrgRead]).await;
    let two = acme.role(acme.id, "Two", &[Permission::UserRead]).await;
    let three = acme.role(acme.id, "Three", &[]).await;
    let ana = acme.user(acme.id, "ana", &[one, two]).await;
    let clear = UserChanges {
        role: Change::Clear,
        ..UserChanges::default()
    };
    for (changes, expected) in [
        (to_role(two), vec![two]),
        (to_role(three), vec![three]),
        (clear, vec![]),
        (to_role(one), vec![one]),
    ] {
        let written = acme.update(&boss, ana, &changes).await.unwrap();
        assert_eq!(written.value.role_ids, expected);
        assert_eq!(acme.read(ana).await, written.value);
        let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
        assert_eq!(policy.revision(), written.revision);
        assert_eq!(policy.roles_of(ana), expected);
    }
}

#[tokio::test]
async fn a_role_of_another_organization_or_of_none_is_refused() {
    let acme = Acme::new().await;
    let other = acme.tenant("Other", "eva").await;
    let boss = acme.caller("boss").await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let before = acme.trace().await;
    for role in [other.role_id, RoleId::new(4_711).unwrap()] {
        let outcome = acme.update(&boss, ana, &to_role(role)).await;
        refused(&outcome, "role_not_in_organization");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_role_needs_two_rights_and_a_status_a_third() {
    use Permission::{RoleAssign, RoleRevoke, UserDelete, UserUpdate};
    let acme = Acme::new().await;
    let role = acme.role(acme.id, "Empty", &[]).await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    let (role, status) = (to_role(role), to_status(UserStatus::Inactive));
    for (name, held, changes) in [
        ("one", vec![UserUpdate, UserDelete, RoleAssign], &role),
        ("two", vec![UserUpdate, UserDelete, RoleRevoke], &role),
        ("three", vec![UserUpdate, RoleAssign, RoleRevoke], &status),
    ] {
        let caller = acme.holder(name, &held).await;
        refused(&acme.update(&caller, ana, changes).await, "forbidden");
    }
    let caller = acme
        .holder("four", &[UserUpdate, RoleAssign, RoleRevoke])
        .await;
    acme.update(&caller, ana, &role).await.unwrap();
    let caller = acme.holder("five", &[UserUpdate, UserDelete]).await;
    acme.update(&caller, ana, &status).await.unwrap();
}
