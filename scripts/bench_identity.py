#!/usr/bin/env python3
"""Measures what docs/performance.md reports of identity, in one run.

    cargo build --profile dist -p auth-microservice --bins --example bare
    cargo build --profile dist -p auth-crypto --example hash_rate
    scripts/bench_identity.py                         # embedded
    scripts/bench_identity.py postgres://postgres@127.0.0.1:5432/postgres

Logins, refreshes and introspections beside their references, `/me` while
logins saturate the hash pool, and how long sign-ins of each kind take to be
refused: 1,000 each, limits off and then over the limit of the pair. Needs wrk. Listens on 127.0.0.1:18000 and 18001 only.
"""

import math
import os
import random
import statistics
import subprocess
import threading
import time

import bench
from bench import BARE_PORT, PASSWORD, PORT, SECRET, Client, Service, wrk

SESSIONS = 16
RULES = ("LOGIN_PAIR", "LOGIN_ACCOUNT", "LOGIN_ADDRESS", "ROTATION", "FORGOTTEN_PASSWORD")
ATTEMPTS = 1000
# At once: a refusal waits for most of its time.
SENDERS = 4
KINDS = ["unknown", "argon2id", "bcrypt", "suspended"]
# What the predecessor kept: bcrypt with a work factor of 12.
BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
# Two-sided Kolmogorov-Smirnov at 0.001.
KS_FACTOR = math.sqrt(-math.log(0.001 / 2) / 2)


def main():
    bench.with_database(bench.arguments(), measure, RULES)


def measure(args, database):
    service = Service(database)
    bare = None
    try:
        bench.bootstrap("-", "root")
        bench.bootstrap("Tenant", "tenant-admin")
        bare = subprocess.Popen(
            [bench.BUILT / "examples" / "bare", str(BARE_PORT), str(os.cpu_count())]
        )
        while not bench.answers(BARE_PORT):
            time.sleep(0.01)
        where = "PostgreSQL" if args.postgres else "embedded"
        print(f"{where}, {os.cpu_count()} cores, median of {args.runs} x {args.seconds} s")
        throughput(args)
        me_beside_logins(args)
        kinds_of_refusal(database)
        service.stop()
        database.env["AUTH_MICROSERVICE_LIMIT_LOGIN_PAIR"] = "10"
        service = Service(database)
        kinds_of_limit()
    finally:
        service.stop()
        if bare:
            bare.terminate()
            bare.wait()


def throughput(args):
    token = bench.sign_in("tenant-admin")
    form = {"SECRET": SECRET, "TOKEN": token}
    rates = {}

    def add(name, value):
        rates.setdefault(name, []).append(value)

    for _ in range(args.runs):
        add("bare hashes", bench.hash_rate())
        login = {"NAME": "tenant-admin", "PASSWORD": PASSWORD}
        add("login", wrk(args, PORT, "/api/v1/auth/login", "login.lua", 8, login)[0])
        sessions = ",".join(new_session() for _ in range(SESSIONS))
        add("bare refresh", refreshes(args, BARE_PORT, sessions, "no"))
        add("refresh", refreshes(args, PORT, sessions, "yes"))
        path = "/api/v1/auth/introspect"
        add("bare introspect", wrk(args, BARE_PORT, path, "introspect.lua", env=form)[0])
        add("introspect", wrk(args, PORT, path, "introspect.lua", env=form)[0])
    for name, reference in [
        ("login", "bare hashes"),
        ("refresh", "bare refresh"),
        ("introspect", "bare introspect"),
    ]:
        rate, base = (statistics.median(rates[key]) for key in (name, reference))
        print(f"{name}: {rate:,.1f}/s, {rate / base:.0%} of {base:,.1f}/s ({reference})")


def new_session():
    body = {"username": "tenant-admin", "password": PASSWORD}
    tokens = Client().expect("POST", "/api/v1/auth/login", body)["tokens"]
    return f"{tokens['session_id']}:{tokens['refresh_token']}"


def refreshes(args, port, sessions, chain):
    env = {**os.environ, "SESSIONS": sessions, "CHAIN": chain}
    command = ["wrk", f"-t{SESSIONS}", f"-c{SESSIONS}", f"-d{args.seconds}s"]
    command += ["-s", bench.ROOT / "scripts" / "bench" / "refresh.lua"]
    command.append(f"http://127.0.0.1:{port}/api/v1/auth/refresh")
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    if "Non-2xx" in run.stdout:
        raise SystemExit(run.stdout)
    return float(bench.re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)[1])


def me_beside_logins(args):
    """`/me` offered at 200 a second, alone and while logins saturate."""
    token = bench.sign_in("tenant-admin")
    offered(token, 2)
    alone = offered(token, args.seconds)
    login = {"NAME": "tenant-admin", "PASSWORD": PASSWORD}
    load = threading.Thread(
        target=lambda: wrk(args, PORT, "/api/v1/auth/login", "login.lua", 16, login)
    )
    load.start()
    time.sleep(1)
    beside = offered(token, args.seconds - 2)
    load.join()
    for name, took in [("alone", alone), ("while logins saturate", beside)]:
        print(f"/me at 200/s {name}: p50 {took[len(took) // 2]:.2f} ms,"
              f" p99 {took[len(took) * 99 // 100]:.2f} ms, worst {took[-1]:.1f} ms")


def offered(token, seconds, rate=200, senders=8):
    """Sorted milliseconds from when each request was due to its answer."""
    took, lock = [], threading.Lock()
    begin = time.monotonic() + 0.1
    total = rate * seconds

    def send(first):
        client = Client(Authorization=f"Bearer {token}")
        mine = []
        for number in range(first, total, senders):
            due = begin + number / rate
            time.sleep(max(0, due - time.monotonic()))
            client.expect("GET", "/api/v1/auth/me")
            mine.append((time.monotonic() - due) * 1000)
        with lock:
            took.extend(mine)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took)


def kinds_of_refusal(database):
    """Refused sign-ins of each kind, and forgotten passwords of known and
    unknown accounts, interleaved one by one."""
    admin = Client(Authorization=f"Bearer {bench.sign_in('tenant-admin')}")
    organization = admin.expect("GET", "/api/v1/auth/me")["organization_id"]
    for name in KINDS[1:]:
        path = f"/api/v1/orgs/{organization}/users"
        user = admin.expect("POST", path, bench.person(f"kind-{name}"))["user_id"]
        bench.sign_in(f"kind-{name}")
        if name == "bcrypt":
            database.run(f"UPDATE users SET password_hash = '{BCRYPT}' WHERE user_id = {user}")
        if name == "suspended":
            admin.expect("PATCH", f"/api/v1/users/{user}", {"status": "inactive"})
    compare("login", login, 401, KINDS)
    compare("forgotten password", forgot, 200, KINDS)


def kinds_of_limit():
    """The same sign-ins of pairs that are over their limit."""
    for kind in KINDS:
        while login(kind) != 429:
            pass
    compare("login over the limit", login, 429, KINDS)


def login(kind):
    body = {"username": f"kind-{kind}", "password": "a wrong passphrase"}
    return Client().call("POST", "/api/v1/auth/login", body)[0]


def forgot(kind):
    body = {"email": f"kind-{kind}@example.com"}
    return Client().call("POST", "/api/v1/auth/password/forgot", body)[0]


def compare(what, call, status, kinds):
    took = {kind: [] for kind in kinds}

    def attempts():
        for _ in range(ATTEMPTS // SENDERS):
            # Whoever comes second meets what the first one left: by lot.
            for kind in random.sample(kinds, len(kinds)):
                began = time.perf_counter()
                assert call(kind) == status, kind
                took[kind].append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=attempts) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unknown = took.pop("unknown")
    assert len(unknown) == ATTEMPTS
    print(f"{what}, unknown, {ATTEMPTS} times: median {statistics.median(unknown):.2f} ms")
    bound = KS_FACTOR * math.sqrt(2 / ATTEMPTS)
    for kind, times in took.items():
        distance = ks_distance(unknown, times)
        verdict = "the same" if distance <= bound else "DIFFERENT"
        print(f"  {kind}: median {statistics.median(times):.2f} ms, Kolmogorov-Smirnov"
              f" {distance:.3f} (bound at 0.001: {bound:.3f}): {verdict}", flush=True)


def ks_distance(one, two):
    one, two = sorted(one), sorted(two)
    distance, i, j = 0.0, 0, 0
    while i < len(one) and j < len(two):
        if one[i] <= two[j]:
            i += 1
        else:
            j += 1
        distance = max(distance, abs(i / len(one) - j / len(two)))
    return distance


if __name__ == "__main__":
    main()
