#!/usr/bin/env python3
"""Measures what docs/performance.md reports, on this machine, in one run.

    cargo build --profile dist -p auth-microservice --bins --example bare
    cargo build --profile dist -p auth-crypto --example hash_rate
    scripts/bench.py                                  # embedded
    scripts/bench.py postgres://postgres@127.0.0.1:5432/postgres

Needs wrk, and psql for PostgreSQL. Every figure is the median of three runs of
12 seconds (--seconds, --runs); the bare actix-web handler runs beside them.
Listens on 127.0.0.1:18000 and 18001 only; ends what it started.
"""

import argparse
import http.client
import json
import os
import re
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / "dist"
PORT, BARE_PORT = 18000, 18001
SECRET = "internal-secret-of-the-measurement-0123456789"
BOOTSTRAP = "bootstrap-secret-of-the-measurement-0123456789"
PASSWORD = "correct horse battery staple"
ENV = {
    "PATH": os.environ["PATH"],
    "AUTH_MICROSERVICE_INTERNAL_API_SECRET": SECRET,
    "AUTH_MICROSERVICE_BOOTSTRAP_SECRET": BOOTSTRAP,
    "AUTH_MICROSERVICE_JWT_SECRET_KEY": "token-key-of-the-measurement-0123456789abcdef",
    # One user signs in all the time.
    "AUTH_MICROSERVICE_LIMIT_SIGN_IN": "0",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("postgres", nargs="?", help="a server's URL; absent: embedded mode")
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    return parser.parse_args()


class Database:
    """Where the service keeps its data: a directory, or a database of its own."""

    def __init__(self, url, directory):
        self.url, self.directory = url, Path(directory)
        self.env = dict(ENV)
        if url:
            parts = urlsplit(url)
            self.psql(url, "DROP DATABASE IF EXISTS auth_bench", "CREATE DATABASE auth_bench")
            self.bench = parts._replace(path="/auth_bench").geturl()
            for name, value in {
                "HOST": parts.hostname,
                "PORT": parts.port or 5432,
                "USER": parts.username or "postgres",
                "PASS": parts.password or "unused",
                "BASE": "auth_bench",
            }.items():
                self.env[f"AUTH_MICROSERVICE_DB_{name}"] = str(value)

    @staticmethod
    def psql(url, *statements):
        for statement in statements:
            command = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", url]
            subprocess.run(command, input=statement, text=True, check=True)

    def seed(self, script="policy.sql"):
        self.run((ROOT / "scripts" / "bench" / script).read_text())

    def run(self, script):
        """Runs statements; `{now}` is the database's present time."""
        if self.url:
            # A plan that a trigger made for an empty table serves a full one badly.
            plans = "SET plan_cache_mode = force_custom_plan; "
            self.psql(self.bench, plans + script.replace("{now}", "now()") + "; ANALYZE;")
            return
        now = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
        with sqlite3.connect(self.directory / "auth.sqlite") as conn:
            conn.executescript(script.replace("{now}", now))

    def drop(self):
        if self.url:
            self.psql(self.url, "DROP DATABASE auth_bench WITH (FORCE)")


def with_database(args, measure, unlimited=()):
    """Measures on a database of its own, without the limits of those rules."""
    with tempfile.TemporaryDirectory() as directory:
        database = Database(args.postgres, directory)
        for rule in unlimited:
            database.env[f"AUTH_MICROSERVICE_LIMIT_{rule}"] = "0"
        try:
            measure(args, database)
        finally:
            database.drop()


class Service:
    """The service as it ships."""

    def __init__(self, database):
        began = time.monotonic()
        command = [BUILT / "auth-microservice", "serve", "--port", str(PORT)]
        command += ["--data-dir", database.directory]
        if database.url:
            command.append("--migrate")
        self.log = open(database.directory / "log", "ab")
        self.process = subprocess.Popen(
            command, env=database.env, stdout=self.log, stderr=self.log
        )
        while not answers(PORT):
            if self.process.poll() is not None or time.monotonic() - began > 30:
                raise SystemExit((database.directory / "log").read_text())
            time.sleep(0.001)
        self.started_in = time.monotonic() - began

    def resident(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def answers(port):
    try:
        return Client(port).call("GET", "/healthz")[0] == 200
    except OSError:
        return False


class Client:
    def __init__(self, port=PORT, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Content-Type": "application/json", **headers}

    def call(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def expect(self, method, path, body=None):
        status, text = self.call(method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {text}")
        return json.loads(text)


UNITS = {"us": 0.001, "ms": 1, "s": 1000}


def wrk(arguments, port, path, script=None, connections=None, env=None, headers=()):
    command = ["wrk", "-t2", f"-c{connections or arguments.connections}"]
    command += [f"-d{arguments.seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    if script:
        command += ["-s", ROOT / "scripts" / "bench" / script]
    command.append(f"http://127.0.0.1:{port}{path}")
    run = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=True
    )
    if "Non-2xx" in run.stdout:
        raise SystemExit(f"{path}: {run.stdout}")
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", run.stdout).groups()
    p99, unit99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", run.stdout).groups()
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)[1])
    return rate, float(value) * UNITS[unit], float(p99) * UNITS[unit99]


def person(name):
    return {
        "first_name": "Bench",
        "username": name,
        "password": PASSWORD,
        "contact_information": {"email": f"{name}@example.com"},
    }


def bootstrap(organization, name):
    body = {"organization_name": organization, "admin_user": person(name)}
    return Client(**{"X-Bootstrap-Secret": BOOTSTRAP}).expect(
        "POST", "/api/v1/bootstrap/organization", body
    )


def sign_in(name):
    body = {"username": name, "password": PASSWORD}
    return Client().expect("POST", "/api/v1/auth/login", body)["tokens"]["access_token"]


def first_checks(organization, user):
    """Milliseconds of the first check after a change of policy: one caller,
    and the slowest of 32 at once."""
    service = {"X-Internal-Secret": SECRET}
    check = {
        "user_id": user,
        "organization_id": organization,
        "permission": "bench.permission.1",
    }
    expected = Client(**service).expect("POST", "/api/rbac/check", check)["allowed"]
    clients = [Client(**service) for _ in range(32)]
    for client in clients:
        client.expect("POST", "/api/rbac/check", check)
    alone, crowd = [], []
    for number in range(20):
        many = number % 2
        register = {**person(f"joiner-{number}"), "organization_id": organization}
        Client().expect("POST", "/api/auth/register", register)
        took, answers = [], []

        def ask(client):
            began = time.monotonic()
            answers.append(client.expect("POST", "/api/rbac/check", check)["allowed"])
            took.append((time.monotonic() - began) * 1000)

        if many:
            threads = [threading.Thread(target=ask, args=(c,)) for c in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            ask(clients[0])
        assert answers == [expected] * len(answers), "a wrong decision"
        (crowd if many else alone).append(max(took))
    return statistics.median(alone), statistics.median(crowd), max(crowd)


def hash_rate():
    run = subprocess.run(
        [BUILT / "examples" / "hash_rate"], capture_output=True, text=True, check=True
    )
    return float(re.search(rf"bare, {os.cpu_count()} threads: ([\d.]+)", run.stdout)[1])


def main():
    with_database(arguments(), measure)


def measure(args, database):
    service = Service(database)
    bare = None
    try:
        bootstrap("-", "root")
        bench = bootstrap("Tenant", "tenant-admin")
        service.stop()
        database.seed()
        starts = []
        for _ in range(args.runs):
            service = Service(database)
            starts.append(service.started_in)
            idle = service.resident()
            service.stop()
        service = Service(database)
        bare = subprocess.Popen(
            [BUILT / "examples" / "bare", str(BARE_PORT), str(os.cpu_count())]
        )
        while not answers(BARE_PORT):
            time.sleep(0.01)
        root = {"Authorization": f"Bearer {sign_in('root')}"}
        page = Client(**root).expect("GET", "/api/v1/orgs?limit=500")
        organization = next(o for o in page["items"] if o["organization_name"] == "Bench")
        organization = organization["organization_id"]
        first = bench["admin_user_id"] + 1
        bearer = [f"Authorization: Bearer {sign_in('tenant-admin')}"]
        check = {"SECRET": SECRET, "ORGANIZATION": str(organization), "FIRST_USER": str(first)}
        check["USERS"] = "1000"
        rows = {
            "bare handler": lambda: wrk(args, BARE_PORT, "/healthz"),
            "bare handler, same requests as new pairs": lambda: wrk(
                args, BARE_PORT, "/api/rbac/check", "check.lua", env=check
            ),
            "GET /healthz": lambda: wrk(args, PORT, "/healthz"),
            "POST /rbac/check, same pair": lambda: wrk(
                args, PORT, "/api/rbac/check", "check.lua", env={**check, "PAIRS": "same"}
            ),
            "POST /rbac/check, new pairs": lambda: wrk(
                args, PORT, "/api/rbac/check", "check.lua", env=check
            ),
            "GET /v1/auth/me": lambda: wrk(args, PORT, "/api/v1/auth/me", headers=bearer),
        }
        figures = {name: [] for name in rows}
        for _ in range(args.runs):
            for name, run in rows.items():
                figures[name].append(run())
        loaded = service.resident()
        login = {"NAME": "tenant-admin", "PASSWORD": PASSWORD}
        logins, hashes = [], []
        for _ in range(args.runs):
            hashes.append(hash_rate())
            run = wrk(args, PORT, "/api/v1/auth/login", "login.lua", 8, login)
            logins.append(run)
        body = {"self_registration": True}
        Client(**root).expect("PATCH", f"/api/v1/orgs/{organization}", body)
        changes = first_checks(organization, first)
        report(args, figures, logins, hashes, starts, (idle, loaded), changes)
    finally:
        service.stop()
        if bare:
            bare.terminate()
            bare.wait()


def report(args, figures, logins, hashes, starts, memory, changes):
    median = lambda values: statistics.median(values)
    reference = median([rate for rate, *_ in figures["bare handler"]])
    print(f"{'PostgreSQL' if args.postgres else 'embedded'}, {os.cpu_count()} cores,"
          f" {args.connections} connections, median of {args.runs} x {args.seconds} s")
    print("| Work | per second | of the bare handler | p50 ms | p99 ms |")
    print("|---|---|---|---|---|")
    for name, runs in figures.items():
        rate, p50, p99 = (median(column) for column in zip(*runs))
        print(f"| {name} | {rate:,.0f} | {rate / reference:.0%} | {p50:.2f} | {p99:.2f} |")
    rate, p50, p99 = (median(column) for column in zip(*logins))
    bare_rate = median(hashes)
    print(f"| POST /v1/auth/login | {rate:.1f} | {rate / bare_rate:.0%} of {bare_rate:.1f}"
          f" bare hashes | {p50:.0f} | {p99:.0f} |")
    print(f"start until /healthz answers: {median(starts):.3f} s")
    print(f"resident: idle {memory[0]:.0f} MiB, after the load above {memory[1]:.0f} MiB")
    print(f"first check after a change: {changes[0]:.1f} ms; slowest of 32 at once:"
          f" {changes[1]:.1f} ms (worst round {changes[2]:.1f} ms)")


if __name__ == "__main__":
    main()
