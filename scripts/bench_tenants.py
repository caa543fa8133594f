#!/usr/bin/env python3
"""Measures what docs/performance.md reports of many tenants, in one run.

    cargo build --profile dist -p auth-microservice --bins --example bare
    scripts/bench_tenants.py                          # embedded: scale, batches
    scripts/bench_tenants.py postgres://postgres@127.0.0.1:5432/postgres

On PostgreSQL also how long a revoked role takes to be seen by a second
instance, by the polls alone and with Redis (on 127.0.0.1:6379, database 9).
Needs wrk. Listens on 127.0.0.1:18000 to 18002 only.
"""

import os
import statistics
import subprocess
import time

import bench
from bench import BARE_PORT, PORT, SECRET, Client, Service, wrk

SECOND_PORT = 18002
TENANTS, USERS = 10_000, 100
REVOCATIONS = 60


def main():
    bench.with_database(bench.arguments(), measure)


def measure(args, database):
    service = Service(database)
    bench.bootstrap("-", "root")
    tenant = bench.bootstrap("Acme", "acme-admin")
    empty = service.resident()
    service.stop()
    began = time.monotonic()
    database.seed("tenants.sql")
    where = "PostgreSQL" if args.postgres else "embedded"
    print(f"{where}: {TENANTS} tenants with {USERS} users each, seeded in"
          f" {time.monotonic() - began:.0f} s")
    starts = []
    for _ in range(args.runs):
        service = Service(database)
        starts.append(service.started_in)
        idle = service.resident()
        service.stop()
    print(f"start until /healthz answers: {statistics.median(starts):.3f} s;"
          f" resident idle {idle:.0f} MiB ({empty:.0f} MiB without the tenants)")
    service = Service(database)
    try:
        many_tenants(args, service)
        lists(args)
        batches(tenant)
    finally:
        service.stop()
    if args.postgres:
        propagation(database, tenant, {})
        redis = {"AUTH_MICROSERVICE_REDIS_HOST": "127.0.0.1", "AUTH_MICROSERVICE_REDIS_BASE": "9"}
        propagation(database, tenant, redis)


def first_tenant():
    root = {"Authorization": f"Bearer {bench.sign_in('root')}"}
    page = Client(**root).expect("GET", "/api/v1/orgs?limit=10")
    first = next(o for o in page["items"] if o["organization_name"] == "Tenant 1")
    return root, first["organization_id"]


def many_tenants(args, service):
    root, organization = first_tenant()
    path = f"/api/v1/orgs/{organization}/users?limit=1"
    user = Client(**root).expect("GET", path)["items"][0]["user_id"]
    env = {"SECRET": SECRET, "ORGANIZATION": str(organization), "FIRST_USER": str(user)}
    bare = subprocess.Popen(
        [bench.BUILT / "examples" / "bare", str(BARE_PORT), str(os.cpu_count())]
    )
    while not bench.answers(BARE_PORT):
        time.sleep(0.01)
    try:
        before = service.resident()
        for tenants in (1, 100, 1_000, TENANTS):
            over = {**env, "TENANTS": str(tenants), "USERS": str(USERS)}
            path = "/api/rbac/check"
            # Once through all of them first: what is measured is not the loading.
            began = time.monotonic()
            touch(organization, user, tenants)
            loaded = time.monotonic() - began
            rate, p50, p99 = median_of(args, PORT, path, over)
            reference = median_of(args, BARE_PORT, path, over)[0]
            print(f"checks over {tenants} tenants: {rate:,.0f}/s, {rate / reference:.0%} of the"
                  f" bare handler's {reference:,.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms;"
                  f" resident {service.resident():.0f} MiB (before: {before:.0f});"
                  f" the first check of each took {loaded / tenants * 1000:.2f} ms")
    finally:
        bare.terminate()
        bare.wait()


def touch(organization, user, tenants):
    client = Client(**{"X-Internal-Secret": SECRET})
    for number in range(tenants):
        check = {"user_id": user + number * USERS, "organization_id": organization + number,
                 "permission": "org.read"}
        client.expect("POST", "/api/rbac/check", check)


def median_of(args, port, path, env):
    runs = [wrk(args, port, path, "tenants.lua", env=env) for _ in range(args.runs)]
    return [statistics.median(column) for column in zip(*runs)]


def lists(args):
    root, organization = first_tenant()
    bearer = [f"{name}: {value}" for name, value in root.items()]
    for path in ("/api/v1/orgs?limit=50", f"/api/v1/orgs/{organization}/users?limit=50"):
        rate, p50, p99 = wrk(args, PORT, path, connections=2, headers=bearer)
        print(f"GET {path}: {rate:,.0f}/s at 2 connections, p50 {p50:.2f} ms, p99 {p99:.2f} ms")


def batches(tenant):
    client = Client(**{"X-Internal-Secret": SECRET})
    organization, user = tenant["organization_id"], tenant["admin_user_id"]
    check = {"user_id": user, "permission": "org.read"}
    single = {**check, "organization_id": organization}
    batch = {"organization_id": organization, "checks": [check] * 1000}

    def timed(call):
        began = time.monotonic()
        call()
        return (time.monotonic() - began) * 1000

    def thousand():
        for _ in range(1000):
            client.expect("POST", "/api/rbac/check", single)

    together = [timed(lambda: client.expect("POST", "/api/rbac/check/batch", batch))
                for _ in range(21)]
    alone = [timed(thousand) for _ in range(3)]
    one, other = statistics.median(together), statistics.median(alone)
    print(f"1,000 checks in a batch: {one:.2f} ms; one after another: {other:.0f} ms"
          f" ({other / one:.0f} times)")


def propagation(database, tenant, redis):
    """Milliseconds from the answer to a revocation on one instance to the
    first deny of the other, which is asked without pause."""
    database.env.update(redis)
    first = Service(database)
    second = subprocess.Popen(
        [bench.BUILT / "auth-microservice", "serve", "--port", str(SECOND_PORT)],
        env=database.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd=database.directory,
    )
    while not bench.answers(SECOND_PORT):
        time.sleep(0.01)
    try:
        took = revocations(tenant)
    finally:
        second.terminate()
        second.wait()
        first.stop()
    how = "with Redis" if redis else "by the polls alone"
    print(f"a revoked role is seen by the other instance {how}: p50 {took[len(took) // 2]:.1f} ms,"
          f" p99 {took[len(took) * 99 // 100]:.1f} ms, worst {took[-1]:.1f} ms")


def revocations(tenant):
    admin = Client(Authorization=f"Bearer {bench.sign_in('acme-admin')}")
    organization = tenant["organization_id"]
    person = bench.person(f"subject-{time.time_ns()}")
    user = admin.expect("POST", f"/api/v1/orgs/{organization}/users", person)
    role = {"role_name": f"role-{time.time_ns()}"}
    role = admin.expect("POST", "/api/v1/rbac/roles", role)["role_id"]
    permissions = admin.expect("GET", "/api/v1/rbac/permissions")["items"]
    permission = next(p for p in permissions if p["permission_name"] == "org.read")
    grant = {"permission_id": permission["permission_id"]}
    status, text = admin.call("POST", f"/api/v1/rbac/roles/{role}/permissions", grant)
    assert status == 204, text
    check = {"user_id": user["user_id"], "organization_id": organization, "permission": "org.read"}
    other = Client(SECOND_PORT, **{"X-Internal-Secret": SECRET})
    path = f"/api/v1/rbac/users/{user['user_id']}/roles"

    def allowed():
        return other.expect("POST", "/api/rbac/check", check)["allowed"]

    took = []
    for _ in range(REVOCATIONS):
        assert admin.call("POST", path, {"role_id": role})[0] == 204
        while not allowed():
            pass
        assert admin.call("DELETE", f"{path}/{role}")[0] == 204
        began = time.monotonic()
        while allowed():
            pass
        took.append((time.monotonic() - began) * 1000)
    return sorted(took)


if __name__ == "__main__":
    main()
