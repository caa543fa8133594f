//! How long a decision takes, how long a policy takes to build and how much
//! memory it keeps, by number of grants.
//!
//! ```text
//! cargo run --profile dist -p auth-casbin --example decisions
//! ```

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for a person to read, which ends when something is wrong"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_casbin::{CasbinPolicyEngine, EngineOptions, compile, enforcer, request};
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::rbac::{
    PermissionName, PolicyEngine, PolicyRevision, PolicyRows, PolicySnapshot, PolicyStore,
    PolicyUser, RoleOverview,
};
use casbin::{CachedEnforcer, CoreApi as _, DefaultModel, MgmtApi as _};

const SIZES: [i64; 5] = [100, 2_000, 10_000, 100_000, 1_000_000];
const GRANTS_PER_ROLE: i64 = 100;
const USERS: i64 = 1_000;
const DECISIONS: u32 = 2_000_000;
/// Past that, one `enforce` takes too long to wait for many.
const MAX_ENFORCED: i64 = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "{:>9} | {:>10} {:>10} {:>10} | {:>10} {:>10} {:>12} | {:>10} {:>10} | {:>11} {:>10}",
        "grants",
        "compile",
        "kept",
        "oracle",
        "same pair",
        "new pairs",
        "engine+new",
        "enforce",
        "worst",
        "cached same",
        "cached new"
    );
    for grants in SIZES {
        measure(grants).await;
    }
    println!("compile: rows to snapshot; kept: resident memory of the snapshot;");
    println!("oracle: rows to Enforcer; then one decision: the same pair, ever new pairs,");
    println!("and with engine.snapshot() before each; Enforcer::enforce: mean and worst;");
    println!("CachedEnforcer::enforce: the same request again, ever new requests.");
}

async fn measure(grants: i64) {
    let rows = rows(grants);
    // Twice: the first run also grows the heap.
    drop(compile(&rows));
    let started = Instant::now();
    let snapshot = compile(&rows);
    let compiled = started.elapsed();
    let kept = kept_by(&rows);

    let pairs = Pairs::of(&rows);
    let (same, new) = (same_pair(&snapshot, &pairs), new_pairs(&snapshot, &pairs));
    let engine = through_engine(&rows, &pairs).await;
    let none = || "-".to_owned();
    let ((oracle, mean, worst), (again, fresh)) = if grants <= MAX_ENFORCED {
        (enforce(&rows, &pairs).await, cached(&rows, &pairs).await)
    } else {
        ((none(), none(), none()), (none(), none()))
    };
    println!(
        "{grants:>9} | {:>10} {:>10} {oracle:>10} | {:>10} {:>10} {:>12} | {mean:>10} {worst:>10} | {again:>11} {fresh:>10}",
        show(compiled),
        format!("{kept} KiB"),
        format!("{} ns", nanos_each(same)),
        format!("{} ns", nanos_each(new)),
        format!("{} ns", nanos_each(engine)),
    );
}

fn same_pair(snapshot: &PolicySnapshot, pairs: &Pairs) -> Duration {
    let (user, name) = pairs.get(7);
    let started = Instant::now();
    for _ in 0..DECISIONS {
        black_box(snapshot.check(black_box(user), black_box(name)));
    }
    started.elapsed()
}

fn new_pairs(snapshot: &PolicySnapshot, pairs: &Pairs) -> Duration {
    let started = Instant::now();
    for number in 0..DECISIONS {
        let (user, name) = pairs.get(number);
        black_box(snapshot.check(user, name));
    }
    started.elapsed()
}

async fn through_engine(rows: &PolicyRows, pairs: &Pairs) -> Duration {
    let engine = CasbinPolicyEngine::new(
        Arc::new(OneOrganization(rows.clone())),
        Arc::new(RealClock(Instant::now())),
        EngineOptions::default(),
    );
    let engine: &dyn PolicyEngine = &engine;
    engine.snapshot(rows.organization_id, None).await.unwrap();
    let started = Instant::now();
    for number in 0..DECISIONS {
        let (user, name) = pairs.get(number);
        let snapshot = engine.snapshot(rows.organization_id, None).await.unwrap();
        black_box(snapshot.check(user, name));
    }
    started.elapsed()
}

/// How long building takes, then the mean and the worst of some decisions.
async fn enforce(rows: &PolicyRows, pairs: &Pairs) -> (String, String, String) {
    const ENFORCED: u32 = 100;
    let started = Instant::now();
    let oracle = enforcer(rows).await.unwrap();
    let built = started.elapsed();
    let (mut all, mut worst) = (Duration::ZERO, Duration::ZERO);
    for number in 0..ENFORCED {
        let (user, name) = pairs.get(number);
        let request = request(rows.organization_id, user, name);
        let started = Instant::now();
        black_box(oracle.enforce(request).unwrap());
        let took = started.elapsed();
        all += took;
        worst = worst.max(took);
    }
    (show(built), show(all / ENFORCED), show(worst))
}

/// One decision of Casbin's own cache: of the same request again, and of ever
/// new requests.
async fn cached(rows: &PolicyRows, pairs: &Pairs) -> (String, String) {
    const MODEL: &str = "
[request_definition]
r = sub, obj, dom, act
[policy_definition]
p = sub, obj, dom, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act
";
    const ASKED: u32 = 100;
    let oracle = enforcer(rows).await.unwrap();
    let model = DefaultModel::from_str(MODEL).await.unwrap();
    let mut cached = CachedEnforcer::new(model, ()).await.unwrap();
    for rule in oracle.get_policy() {
        cached.get_mut_model().add_policy("p", "p", rule);
    }
    for rule in oracle.get_grouping_policy() {
        cached.get_mut_model().add_policy("g", "g", rule);
    }
    cached.build_role_links().unwrap();
    let ask = |number: u32| {
        let (user, name) = pairs.get(number);
        let request = request(rows.organization_id, user, name);
        black_box(cached.enforce(request).unwrap());
    };
    ask(0);
    let started = Instant::now();
    (0..ASKED).for_each(|_| ask(0));
    let again = started.elapsed() / ASKED;
    let started = Instant::now();
    (1..=ASKED).for_each(ask);
    let fresh = started.elapsed() / ASKED;
    (format!("{} ns", again.as_nanos()), show(fresh))
}

/// Users and permissions to ask about, in an order without a pattern.
struct Pairs {
    names: Vec<String>,
}

impl Pairs {
    fn of(rows: &PolicyRows) -> Self {
        let names = rows.permissions.iter();
        Self {
            names: names.map(|(_, name)| name.as_str().to_owned()).collect(),
        }
    }

    fn get(&self, number: u32) -> (UserId, &str) {
        let mixed = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let user = i64::try_from(mixed % 1_000).unwrap() + 1;
        let name = usize::try_from(mixed / 1_000).unwrap() % self.names.len();
        let name = self.names.get(name).unwrap();
        (UserId::new(user).unwrap(), name)
    }
}

/// Roles with a hundred permissions each, users with one to three roles.
fn rows(grants: i64) -> PolicyRows {
    let roles = grants / GRANTS_PER_ROLE;
    let permissions = (roles * 5).clamp(GRANTS_PER_ROLE, 10_000);
    let granted = |role: i64| {
        (0..GRANTS_PER_ROLE).map(move |at| {
            let permission = (role * 37 + at) % permissions + 1;
            let role = RoleId::new(role).unwrap();
            (role, PermissionId::new(permission).unwrap())
        })
    };
    let held = |user: i64| {
        (0..=user % 3).map(move |at| RoleId::new((user * 31 + at) % roles + 1).unwrap())
    };
    PolicyRows {
        organization_id: OrganizationId::DEFAULT,
        revision: PolicyRevision::new(1),
        organization_active: true,
        permissions: (1..=permissions)
            .map(|id| {
                let name = PermissionName::parse(&format!("resource.{id}.read")).unwrap();
                (PermissionId::new(id).unwrap(), name)
            })
            .collect(),
        grants: (1..=roles).flat_map(granted).collect(),
        users: (1..=USERS)
            .map(|id| PolicyUser {
                id: UserId::new(id).unwrap(),
                active: true,
                roles: held(id).collect(),
            })
            .collect(),
    }
}

struct OneOrganization(PolicyRows);

#[async_trait]
impl PolicyStore for OneOrganization {
    async fn load(&self, _: OrganizationId) -> Result<Option<PolicyRows>, PortError> {
        Ok(Some(self.0.clone()))
    }

    async fn load_user(
        &self,
        id: OrganizationId,
        _: UserId,
    ) -> Result<Option<PolicyRows>, PortError> {
        self.load(id).await
    }

    async fn revisions(
        &self,
        _: &[OrganizationId],
    ) -> Result<Vec<(OrganizationId, PolicyRevision)>, PortError> {
        Ok(vec![(self.0.organization_id, self.0.revision)])
    }

    async fn overview(&self, _: OrganizationId) -> Result<Option<Vec<RoleOverview>>, PortError> {
        Ok(None)
    }
}

struct RealClock(Instant);

impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::default() + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Resident memory that some more snapshots add, per snapshot, in KiB.
fn kept_by(rows: &PolicyRows) -> u64 {
    const SNAPSHOTS: u64 = 8;
    let before = resident_kib();
    let snapshots: Vec<_> = (0..SNAPSHOTS).map(|_| compile(rows)).collect();
    let after = resident_kib();
    black_box(snapshots);
    after.saturating_sub(before) / SNAPSHOTS
}

/// Linux's `VmRSS`; 0 elsewhere.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn nanos_each(all: Duration) -> u128 {
    all.as_nanos() / u128::from(DECISIONS)
}

fn show(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}
