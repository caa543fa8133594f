//! What is kept, polled and counted.

use auth_domain::rbac::PolicyFeed as _;
use std::time::Duration;

use auth_casbin::EngineOptions;
use auth_domain::rbac::PolicyEngine as _;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::support::{Fixture, fixture_with, organization, revision, rows};

async fn ask(fixture: &Fixture, id: i64) {
    let answer = fixture.engine.snapshot(organization(id), None).await;
    answer.unwrap();
    fixture.clock.advance(Duration::from_secs(1));
}

fn long_lease(max_organizations: usize) -> EngineOptions {
    EngineOptions {
        lease: Duration::from_hours(1),
        max_organizations,
        ..EngineOptions::default()
    }
}

#[tokio::test]
async fn the_longest_unused_organization_makes_room() {
    let fixture = fixture_with(long_lease(2));
    fixture.store.put(rows(2, 1));
    fixture.store.put(rows(3, 1));
    for (id, loads) in [
        (1, 1),
        (2, 2),
        (1, 2),
        (3, 3),
        (1, 3),
        (3, 3),
        (2, 4),
        (1, 5),
    ] {
        ask(&fixture, id).await;
        assert_eq!(fixture.store.loads(), loads, "after asking about {id}");
    }
}

#[tokio::test]
async fn a_large_cache_stays_bounded_too() {
    let fixture = fixture_with(long_lease(100));
    for id in 1..=1_000 {
        fixture.store.put(rows(id, 1));
        ask(&fixture, id).await;
    }
    let reads_all = fixture.store.loads();
    for id in 901..=1_000 {
        ask(&fixture, id).await;
    }
    // A few more than needed make room at a time.
    let again = fixture.store.loads() - reads_all;
    assert!(again <= 12, "{again} of the last 100 were loaded again");
    ask(&fixture, 1).await;
    assert!(
        fixture.store.loads() > reads_all + again,
        "the first one was dropped"
    );
}

#[tokio::test]
async fn a_full_cache_drops_a_sixteenth_of_itself_the_longest_unused_first() {
    const MAX: i64 = 96;
    let fixture = fixture_with(long_lease(96));
    for id in 1..=MAX {
        fixture.store.put(rows(id, 1));
        ask(&fixture, id).await;
    }
    ask(&fixture, 2).await;
    assert_eq!(fixture.store.loads(), 96, "all of them fit");
    fixture.store.put(rows(MAX + 1, 1));
    ask(&fixture, MAX + 1).await;
    let engine = &fixture.engine;
    let dropped: Vec<i64> = (1..=MAX + 1)
        .filter(|&id| engine.at_hand(organization(id), None).is_none())
        .collect();
    assert_eq!(dropped, [1, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn an_organization_that_is_used_all_the_time_is_never_dropped() {
    let fixture = fixture_with(long_lease(3));
    ask(&fixture, 1).await;
    for id in 2..=20 {
        fixture.store.put(rows(id, 1));
        ask(&fixture, id).await;
        assert!(fixture.engine.at_hand(organization(1), None).is_some());
    }
    assert_eq!(fixture.store.loads(), 20);
}

#[tokio::test]
async fn unknown_organizations_do_not_crowd_out_known_ones() {
    let fixture = fixture_with(long_lease(3));
    ask(&fixture, 1).await;
    for id in 50..60 {
        let unknown = fixture.engine.snapshot(organization(id), None).await;
        assert!(unknown.is_err());
    }
    let loads = fixture.store.loads();
    ask(&fixture, 1).await;
    assert_eq!(fixture.store.loads(), loads);
}

#[tokio::test]
async fn a_write_that_overtakes_a_load_is_honoured_next_in_a_full_cache_too() {
    let fixture = fixture_with(long_lease(1));
    fixture.store.put(rows(2, 1));
    fixture.store.set_slow(true);
    let meanwhile = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        ask(&fixture, 2).await;
        fixture.store.put(rows(1, 2));
        fixture.engine.observe(organization(1), revision(2));
        fixture.store.let_one_go();
    };
    let (answer, ()) = tokio::join!(fixture.engine.snapshot(organization(1), None), meanwhile);
    assert_eq!(answer.unwrap().revision(), revision(1), "as it began");
    let next = fixture.engine.snapshot(organization(1), None).await;
    assert_eq!(next.unwrap().revision(), revision(2));
}

#[tokio::test]
async fn a_write_after_an_eviction_is_honoured() {
    let fixture = fixture_with(long_lease(1));
    fixture.store.put(rows(2, 1));
    ask(&fixture, 1).await;
    ask(&fixture, 2).await;
    fixture.store.put(rows(1, 2));
    fixture.engine.observe(organization(1), revision(2));
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert_eq!(answer.unwrap().revision(), revision(2));
}

#[tokio::test]
async fn organizations_that_no_caller_asks_about_are_not_polled() {
    let fixture = fixture_with(EngineOptions::default());
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.revision_reads(), 0, "nothing is in use");

    ask(&fixture, 1).await;
    fixture.clock.advance(Duration::from_secs(8));
    fixture.engine.poll().await.unwrap();
    assert_eq!(fixture.store.revision_reads(), 1);

    fixture.clock.advance(Duration::from_secs(2));
    fixture.engine.poll().await.unwrap();
    assert_eq!(
        fixture.store.revision_reads(),
        1,
        "unused for eleven seconds"
    );

    fixture.store.put(rows(1, 2));
    let answer = fixture.engine.snapshot(organization(1), None).await;
    assert_eq!(answer.unwrap().revision(), revision(2));
}

#[tokio::test]
async fn answers_with_and_without_sql_are_counted_per_organization() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let fixture = fixture_with(EngineOptions::default());
    for _ in 0..3 {
        let answer = fixture.engine.snapshot(organization(1), None).await;
        answer.unwrap();
    }
    fixture.clock.advance(Duration::from_secs(1));
    ask(&fixture, 1).await;
    let unknown = fixture.engine.snapshot(organization(99), None).await;
    assert!(unknown.is_err());

    let metrics = recorder.handle().render();
    assert!(metrics.contains("auth_rbac_cache_hits_total{organization_id=\"1\"} 2"));
    assert!(metrics.contains("auth_rbac_cache_misses_total{organization_id=\"1\"} 2"));
    assert!(metrics.contains("auth_policy_load_seconds_count 1"));
    assert!(
        !metrics.contains("\"99\""),
        "an unknown organization takes no label"
    );
}

#[tokio::test]
async fn from_the_201st_organization_on_the_label_is_other() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let fixture = fixture_with(EngineOptions::default());
    for id in 1..=203 {
        fixture.store.put(rows(id, 1));
        ask(&fixture, id).await;
    }
    let metrics = recorder.handle().render();
    assert!(metrics.contains("auth_rbac_cache_misses_total{organization_id=\"200\"} 1"));
    assert!(metrics.contains("auth_rbac_cache_misses_total{organization_id=\"other\"} 3"));
    assert!(!metrics.contains("organization_id=\"201\""));
}

#[tokio::test]
async fn each_metric_says_what_it_means() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _installed = metrics::set_default_local_recorder(&recorder);
    let fixture = fixture_with(EngineOptions::default());
    for _ in 0..2 {
        let answer = fixture.engine.snapshot(organization(1), None).await;
        assert!(answer.is_ok(), "a miss, then a hit");
    }
    let metrics = recorder.handle().render();
    for help in [
        "# HELP auth_rbac_cache_hits_total Policy snapshots answered without SQL.",
        "# HELP auth_rbac_cache_misses_total Policy snapshots that needed SQL.",
        "# HELP auth_policy_load_seconds Reading and compiling the policy of an organization.",
    ] {
        assert!(metrics.contains(help), "{help:?} is missing in {metrics}");
    }
}
