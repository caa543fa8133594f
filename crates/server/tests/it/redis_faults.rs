//! Redis goes away, hangs and comes back; what is asked means the same.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_testkit::redis::PrivateRedis;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, Api, PASSWORD, Place, Server, Tokens, World, eventually, introspect};

const CHECK: &str = "/api/rbac/check";
/// The longest that a request may take while Redis hangs: a few commands that
/// each wait for their timeout.
const IN_TIME: Duration = Duration::from_secs(4);

async fn world_on(redis: &PrivateRedis, limits: &[(&str, &str)]) -> World {
    let mut place = Place::on_redis(redis.address()).await.behind_proxy();
    for (name, value) in limits {
        place.set(&format!("LIMIT_{name}"), value);
    }
    World::at(place).await
}

async fn check(api: &Api, user: i64, organization: i64, permission: &str) -> Value {
    let body = json!({"user_id": user, "organization_id": organization, "permission": permission});
    api.service().post(CHECK, body).await.expect(200)
}

async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    let took = began.elapsed();
    assert!(took < IN_TIME, "{what} took {took:?}");
    done
}

/// What a user does in a life, from the first login to the last; `mails` have
/// come before.
async fn life(world: &World, mails: usize) {
    let api = world.api.from("203.0.113.5");
    let wrong = in_time("a guess", api.guess("acme-admin")).await;
    wrong.refused(401, "invalid_credentials");
    let login = in_time("a login", Tokens::login(&api, "acme-admin")).await;
    let other = Tokens::login(&api, "acme-admin").await;
    login.live(&api).await;
    let refreshed = in_time("a refresh", login.refresh(&api)).await;
    let refreshed = Tokens::of(&refreshed.expect(200));
    let sessions = refreshed.bearer(&api).get("/api/v1/auth/sessions").await;
    sessions.expect(200);
    let ended = format!("/api/v1/auth/sessions/{}", other.session);
    refreshed.bearer(&api).delete(&ended).await.expect(200);
    other.dead(&api, "session_revoked").await;
    let yes = check(&api, world.admin_id, world.acme, "org.read").await;
    assert_eq!(yes["allowed"], true);
    let no = check(&api, world.admin_id, world.acme, "platform.users.manage").await;
    assert_eq!(no["allowed"], false);

    in_time("a request", api.forgot("acme-admin@example.com"))
        .await
        .expect(200);
    let token = world.place.mail(mails + 1).await.token();
    let guess = in_time("a guess", api.reset("guess", PASSWORD)).await;
    guess.refused(400, "invalid_token");
    in_time("a reset", api.reset(&token, PASSWORD))
        .await
        .expect(200);
    let again = api.reset(&token, PASSWORD).await;
    again.refused(400, "invalid_token");
    refreshed.dead(&api, "session_revoked").await;
    api.get("/api/readyz").await.expect(200);
}

/// Waits until limits are counted in Redis.
async fn counts(world: &World, redis: &PrivateRedis) {
    let mut last = 0;
    eventually("Redis counts", async || {
        last += 1;
        let address = format!("192.0.2.{last}");
        let answer = world.api.from(&address).guess("nobody-at-all").await;
        answer.refused(401, "invalid_credentials");
        let key = format!("rate:login_address:address:{address}");
        (redis.run(&["EXISTS", &key]) == ["1"]).then_some(())
    })
    .await;
}

const LOOSE: &[(&str, &str)] = &[("LOGIN_PAIR", "0"), ("LOGIN_ACCOUNT", "0")];

#[tokio::test]
async fn a_life_without_redis_is_the_same_and_redis_is_used_again_when_it_is_back() {
    let mut redis = PrivateRedis::stopped(None);
    let world = world_on(&redis, LOOSE).await;
    life(&world, 0).await;
    redis.start_again();
    counts(&world, &redis).await;
    life(&world, 1).await;
    world.api.forgot("acme-admin@example.com").await.expect(200);
    let token = world.place.mail(3).await.token();
    redis.stop();
    // The index in front of the store is gone, the token is not.
    world.api.reset(&token, PASSWORD).await.expect(200);
    life(&world, 3).await;
    redis.start_again();
    counts(&world, &redis).await;
    life(&world, 4).await;
}

#[tokio::test]
async fn a_redis_that_hangs_holds_no_request_up_for_long() {
    let redis = PrivateRedis::start(None);
    let world = world_on(&redis, LOOSE).await;
    counts(&world, &redis).await;
    redis.freeze();
    life(&world, 0).await;
    redis.thaw();
    counts(&world, &redis).await;
    life(&world, 1).await;
}

#[tokio::test]
async fn limits_count_in_each_process_while_redis_is_away_and_together_when_it_is_there() {
    let mut redis = PrivateRedis::start(None);
    let world = world_on(&redis, &[("LOGIN_PAIR", "4")]).await;
    let second = world.place.start();
    counts(&world, &redis).await;
    let both = |address: &str| [&world.api, &second.api()].map(|api| api.from(address));
    let guess = async |api: &Api| {
        let answer = api.guess("acme-admin").await;
        answer.refused(401, "invalid_credentials");
    };
    let [here, there] = both("198.51.100.1");
    for _ in 0..2 {
        guess(&here).await;
        guess(&there).await;
    }
    for api in [&here, &there] {
        api.login("acme-admin").await.limited("login_pair", 4, 900);
    }

    redis.stop();
    let [here, there] = both("198.51.100.2");
    for api in [&here, &there] {
        for _ in 0..4 {
            guess(api).await;
        }
        api.login("acme-admin").await.limited("login_pair", 4, 900);
    }

    redis.start_again();
    counts(&world, &redis).await;
    let [here, there] = both("198.51.100.3");
    eventually("both processes count together again", async || {
        let first = here.guess("acme-admin").await.status;
        let second = there.guess("acme-admin").await.status;
        (first == 429 && second == 429).then_some(())
    })
    .await;
}

/// Asks a process about a permission until it knows a revision: denied from
/// then on, and in any case a second after it was taken away.
async fn denied_in_time(api: &Api, user: i64, organization: i64, changed: Answer) {
    let since = Instant::now();
    let revision = changed.headers["x-policy-revision"].to_str().unwrap();
    let revision: i64 = revision.parse().unwrap();
    eventually("the other process knows", async || {
        let late = since.elapsed() > Duration::from_secs(1);
        let answer = check(api, user, organization, "org.read").await;
        let knows = answer["revision"].as_i64().unwrap() >= revision;
        let allowed = answer["allowed"] == true;
        assert!(
            !(allowed && (late || knows)),
            "{answer} when it was taken away"
        );
        knows.then_some(())
    })
    .await;
    let body = json!({"user_id": user, "organization_id": organization,
        "permission": "org.read", "at_least_revision": revision});
    let answer = api.service().post(CHECK, body).await.expect(200);
    assert_eq!(answer["allowed"], false);
}

#[rstest]
#[case::with_redis(false)]
#[case::without_redis(true)]
#[tokio::test]
async fn what_one_process_takes_away_the_other_denies_within_a_second(#[case] stopped: bool) {
    let mut redis = PrivateRedis::start(None);
    let world = world_on(&redis, &[]).await;
    let second = world.place.start();
    let there = second.api();
    let role = world.role(world.acme, "Clerk", &["org.read"]).await;
    let (clerk, _) = world.user("clerk", Some(role)).await;
    let held = Tokens::login(&there, "clerk").await;
    let own = format!("/api/v1/orgs/{}", world.acme);
    held.bearer(&there).get(&own).await.expect(200);
    let before = check(&there, clerk, world.acme, "org.read").await;
    assert_eq!(before["allowed"], true);
    if stopped {
        redis.stop();
    }
    let sql = "SELECT permission_id FROM permissions WHERE name = 'org.read'";
    let permission = world.place.look(sql).await.remove(0);
    let grant = format!("/api/v1/rbac/roles/{role}/permissions/{permission}");
    let revoked = world.admin.delete(&grant).await;
    assert!(revoked.status.is_success(), "{}", revoked.text);
    denied_in_time(&there, clerk, world.acme, revoked).await;
    held.bearer(&there)
        .get(&own)
        .await
        .refused(403, "forbidden");

    let suspended = world.root.delete(&own).await;
    held.dead(&there, "organization_suspended").await;
    denied_in_time(&there, world.admin_id, world.acme, suspended).await;
}

/// Asks for everything at once, until it is told to stop; what must be refused
/// is refused each time, and nothing fails. Answers how many rounds there were.
async fn busy(world: &World, there: &Api, over: &AtomicBool, number: usize) -> usize {
    let api = there.from(&format!("203.0.113.{number}"));
    let revoked = Tokens::login(&api, "acme-admin").await;
    revoked
        .bearer(&api)
        .post("/api/v1/auth/logout", json!({}))
        .await
        .expect(200);
    let mut held = Tokens::login(&api, "root").await;
    let mut rounds = 0;
    while !over.load(Ordering::Relaxed) || rounds == 0 {
        rounds += 1;
        revoked.dead(&api, "session_revoked").await;
        let guess = api.reset("guess", PASSWORD).await;
        guess.refused(400, "invalid_token");
        api.guess("acme-admin")
            .await
            .refused(401, "invalid_credentials");
        api.login("acme-admin").await.expect(200);
        held = Tokens::of(&held.refresh(&api).await.expect(200));
        held.live(&api).await;
        api.forgot("nobody@example.com").await.expect(200);
        let denied = check(&api, world.admin_id, 1, "org.read").await;
        assert_eq!(denied["allowed"], false);
        let allowed = check(&api, world.admin_id, world.acme, "org.read").await;
        assert_eq!(allowed["allowed"], true);
        assert_eq!(introspect(&api, "guess").await, json!({"active": false}));
    }
    rounds
}

#[tokio::test]
async fn under_load_nothing_fails_and_nothing_is_let_in_while_redis_comes_and_goes() {
    let mut redis = PrivateRedis::start(None);
    let rules = [
        "LOGIN_PAIR",
        "LOGIN_ACCOUNT",
        "LOGIN_ADDRESS",
        "WRONG_TOKEN",
        "FORGOTTEN_PASSWORD",
        "ROTATION",
    ];
    let world = world_on(&redis, &rules.map(|rule| (rule, "100000"))).await;
    let second: Server = world.place.start();
    let apis = [world.api.clone(), second.api()];
    let over = AtomicBool::new(false);
    let load = (0..4).map(|number| busy(&world, &apis[number % 2], &over, number));
    let faults = async {
        let moment = || tokio::time::sleep(Duration::from_millis(300));
        moment().await;
        redis.stop();
        moment().await;
        redis.start_again();
        counts(&world, &redis).await;
        redis.freeze();
        moment().await;
        redis.thaw();
        counts(&world, &redis).await;
        over.store(true, Ordering::Relaxed);
    };
    let (rounds, ()) = tokio::join!(join_all(load), faults);
    assert!(rounds.iter().all(|&rounds| rounds > 0), "{rounds:?}");
}

#[tokio::test]
async fn a_redis_that_lost_its_memory_opens_no_ended_session() {
    let redis = PrivateRedis::start(Some("the \"password\" of this Redis, it's long"));
    let world = world_on(&redis, &[]).await;
    counts(&world, &redis).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let ended = Tokens::login(&world.api, "acme-admin").await;
    let bearer = ended.bearer(&world.api);
    bearer
        .post("/api/v1/auth/logout", json!({}))
        .await
        .expect(200);
    redis.run(&["FLUSHALL"]);
    redis.run(&["SCRIPT", "FLUSH"]);
    ended.dead(&world.api, "session_revoked").await;
    held.live(&world.api).await;
    counts(&world, &redis).await;
}
