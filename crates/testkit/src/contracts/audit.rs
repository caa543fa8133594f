//! `AuditLog`.

use auth_domain::audit::AuditEntry;
use auth_domain::caller::Actor;
use auth_domain::facts::Facts;
use auth_domain::ids::OrganizationId;

use super::StoreSubject;
use crate::builders::{self, at};

fn entry(organization_id: OrganizationId, actor: Actor) -> AuditEntry {
    AuditEntry {
        organization_id,
        actor,
        action: "thing.changed".to_owned(),
        description: Some("A thing changed".to_owned()),
        table: "things".to_owned(),
        row_id: "thing-7".to_owned(),
        before: Some(Facts::new().with("name", "old")),
        after: Some(Facts::new().with("name", "new")),
        at: at(0),
    }
}

async fn append(s: &dyn StoreSubject, entry: &AuditEntry) {
    let mut tx = s.begin().await;
    tx.audit().append(entry).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn an_entry_has_actor_action_and_origin(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    append(s, &entry(acme.id, builders::actor(&ana))).await;
    let who = "SELECT actor_kind, actor_user_id - $U, actor_organization_id - $O, organization_id \
         - $O FROM audit_logs WHERE affected_table = 'things'";
    let who = who
        .replace("$U", &ana.id.to_string())
        .replace("$O", &acme.id.to_string());
    assert_eq!(s.look(&who).await, ["user|0|0|0"]);
    let what = "SELECT action_type, action_description, affected_row_id, previous_data, new_data, \
         ip_address, request_id, CASE WHEN crossed THEN 'crossed' ELSE 'home' END FROM audit_logs WHERE affected_table = 'things'";
    let rows = s.look(what).await;
    let what = r#"thing.changed|A thing changed|thing-7|{"name":"old"}|{"name":"new"}|192.0.2.1|request|home"#;
    assert_eq!(rows, [what]);
}

pub async fn an_entry_of_the_service_itself_names_the_job(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    append(s, &entry(acme.id, Actor::system("cleanup"))).await;
    let rows = s
        .look(
            "SELECT actor_kind, actor_name FROM audit_logs \
             WHERE NOT crossed AND affected_table = 'things'",
        )
        .await;
    assert_eq!(rows, ["system|cleanup"]);
}

pub async fn an_entry_about_another_organization_is_marked(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let root = s.store().read().organizations().find_root().await.unwrap();
    let operator = s.user(&root, "operator").await;
    append(s, &entry(acme.id, builders::actor(&operator))).await;
    let rows = s
        .look("SELECT action_type FROM audit_logs WHERE crossed")
        .await;
    assert_eq!(rows, ["thing.changed"]);
}
