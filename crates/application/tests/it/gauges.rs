//! How many sessions live, as metrics.

use std::sync::Arc;

use auth_application::identity::SessionGauges;
use auth_domain::ids::OrganizationId;
use auth_testkit::clock::ManualClock;

use crate::fakes::FakeStore;
use crate::recorder::Recorded;

const NAME: &str = "auth_active_sessions";

/// Gauges of a store in which so many organizations, from an id on, have a
/// session each; one look after the other.
fn gauges(looks: &'static [(i64, i64)]) -> SessionGauges {
    let mut store = FakeStore::default();
    let mut looks = looks.iter().copied();
    store
        .reads
        .sessions
        .expect_count_live()
        .returning(move |_| {
            let (first, count) = looks.next().unwrap();
            let id = |id| OrganizationId::new(id).unwrap();
            Ok((first..first + count).map(|at| (id(at), 1)).collect())
        });
    SessionGauges::new(Arc::new(store), Arc::new(ManualClock::default()))
}

fn value(recorded: &Recorded, label: &str) -> Option<f64> {
    let key = format!("{NAME}{{organization_id={label}}}");
    let all = recorded.all(NAME);
    let found = all.into_iter().find(|(name, _)| *name == key);
    found.map(|(_, value)| value)
}

#[tokio::test]
async fn an_organization_without_sessions_goes_back_to_zero() {
    let recorded = Recorded::default();
    let _guard = recorded.here();
    let gauges = gauges(&[(3, 2), (4, 1)]);
    gauges.measure().await.unwrap();
    assert_eq!(value(&recorded, "3"), Some(1.0));
    gauges.measure().await.unwrap();
    assert_eq!(value(&recorded, "3"), Some(0.0));
    assert_eq!(value(&recorded, "4"), Some(1.0));
    assert_eq!(value(&recorded, "other"), Some(0.0));
}

#[tokio::test]
async fn past_two_hundred_organizations_the_label_is_other() {
    let recorded = Recorded::default();
    let _guard = recorded.here();
    let gauges = gauges(&[(1, 250), (201, 300)]);
    gauges.measure().await.unwrap();
    assert_eq!(recorded.all(NAME).len(), 201);
    assert_eq!(value(&recorded, "200"), Some(1.0));
    assert_eq!(value(&recorded, "other"), Some(50.0));
    // Who has a label keeps it, whoever comes and goes.
    gauges.measure().await.unwrap();
    assert_eq!(recorded.all(NAME).len(), 201);
    assert_eq!(value(&recorded, "200"), Some(0.0));
    assert_eq!(value(&recorded, "other"), Some(300.0));
}
