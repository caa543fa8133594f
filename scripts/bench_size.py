#!/usr/bin/env python3
"""Measures what size costs: the same requests for a small and a large user.

    cargo build --profile dist -p auth-microservice --bins
    scripts/bench_size.py                             # embedded
    scripts/bench_size.py postgres://postgres@127.0.0.1:5432/postgres

The large one has 100,000 sessions that ended and signed in from 100,000
addresses; its organization has 100,000 users, the small one's ten. Each pair of
requests is made one after the other, by lot which first. Meanwhile somebody of
a third organization asks for `/me` 100 times a second. Listens on
127.0.0.1:18000 only.
"""

import random
import re
import threading
import time
from pathlib import Path

import bench
from bench import PASSWORD, SECRET, Client, Service
from bench_identity import offered

RULES = (
    "LOGIN_PAIR LOGIN_ACCOUNT LOGIN_ADDRESS SIGN_IN ROTATION FORGOTTEN_PASSWORD"
    " PASSWORD_RESET VERIFICATION_MAIL WRONG_TOKEN"
).split()
SIDES = ("small", "large")
SLOW, FAST = 100, 500


def main():
    bench.with_database(bench.arguments(), measure, RULES)


def measure(args, database):
    service = Service(database)
    try:
        bench.bootstrap("-", "root")
        bench.bootstrap("Other", "other-admin")
        made = {side: bench.bootstrap(side.title(), f"{side}-admin") for side in SIDES}
        people = {side: People(side, made[side]) for side in SIDES}
        service.stop()
        seed(database)
        service = Service(database)
        print(f"{'PostgreSQL' if args.postgres else 'embedded'}; milliseconds, p50 and p99")
        print("| Request | small | large | p99, times | /me of others, p99 |")
        print("|---|---|---|---|---|")
        for name, count in People.REQUESTS.items():
            # Sign-ins before ended the sessions that were.
            for person in people.values():
                person.begin(database.directory / "mail")
            report(name, count, people)
    finally:
        service.stop()


def seed(database):
    past = "now() - interval '7 days'"
    true = "true"
    if not database.url:
        past, true = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '-7 days')", "1"
    script = (bench.ROOT / "scripts" / "bench" / "size.sql").read_text()
    database.run(script.replace("{past}", past).replace("{true}", true))


def report(name, count, people):
    token = bench.sign_in("other-admin")
    others, took = [], {side: [] for side in SIDES}
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            others.extend(offered(token, 1, rate=100, senders=2))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        for _ in range(count):
            for side in random.sample(SIDES, 2):
                took[side].append(getattr(people[side], name)())
    finally:
        stop.set()
        thread.join()
    quantiles = {}
    for side in SIDES:
        times = sorted(took[side])
        quantiles[side] = times[len(times) // 2], times[len(times) * 99 // 100]
    small, large = quantiles["small"], quantiles["large"]
    others.sort()
    print(f"| {name.replace('_', ' ')}, {count} each | {small[0]:.2f}, {small[1]:.2f}"
          f" | {large[0]:.2f}, {large[1]:.2f} | {large[1] / small[1]:.2f}"
          f" | {others[len(others) * 99 // 100]:.1f} |", flush=True)


class People:
    """An organization's admin and one user of it, and what is asked for them."""

    REQUESTS = {
        "login": SLOW,
        "me": FAST,
        "sessions": FAST,
        "check": FAST,
        "explain": FAST,
        "first_page_of_users": FAST,
        "users_by_prefix": FAST,
        "rename": FAST,
        "forgotten_password": SLOW,
        "reset": SLOW,
        "deactivate_and_activate": SLOW,
        "end_all_sessions": SLOW,
    }

    def __init__(self, side, made):
        self.organization, self.name = made["organization_id"], f"{side}-user"
        self.admin_name = f"{side}-admin"
        admin = Client(Authorization=f"Bearer {bench.sign_in(self.admin_name)}")
        path = f"/api/v1/orgs/{self.organization}/users"
        self.user = admin.expect("POST", path, bench.person(self.name))["user_id"]

    def begin(self, mails):
        self.mails, self.seen = Path(mails), set(Path(mails).glob("*"))
        self.anyone, self.service = Client(), Client(**{"X-Internal-Secret": SECRET})
        self.admin = Client(Authorization=f"Bearer {bench.sign_in(self.admin_name)}")
        self.own = Client(Authorization=f"Bearer {bench.sign_in(self.name)}")
        self.page = f"/api/v1/orgs/{self.organization}/users"
        self.row = f"/api/v1/users/{self.user}"
        self.question = {
            "user_id": self.user,
            "organization_id": self.organization,
            "permission": "org.read",
        }
        self.token = None

    @staticmethod
    def timed(client, *request):
        began = time.perf_counter()
        client.expect(*request)
        return (time.perf_counter() - began) * 1000

    def login(self):
        body = {"username": self.name, "password": PASSWORD}
        return self.timed(self.anyone, "POST", "/api/v1/auth/login", body)

    def me(self):
        return self.timed(self.own, "GET", "/api/v1/auth/me")

    def sessions(self):
        return self.timed(self.own, "GET", "/api/v1/auth/sessions")

    def check(self):
        return self.timed(self.service, "POST", "/api/rbac/check", self.question)

    def explain(self):
        body = {**self.question, "explain": True}
        return self.timed(self.admin, "POST", "/api/rbac/check", body)

    def first_page_of_users(self):
        return self.timed(self.admin, "GET", self.page + "?limit=10")

    def users_by_prefix(self):
        return self.timed(self.admin, "GET", self.page + "?q=" + self.name[:4])

    def rename(self):
        body = {"first_name": f"Name {random.random()}"}
        return self.timed(self.admin, "PATCH", self.row, body)

    def forgotten_password(self):
        body = {"email": f"{self.name}@example.com"}
        took = self.timed(self.anyone, "POST", "/api/v1/auth/password/forgot", body)
        self.mail()
        return took

    def reset(self):
        self.forgotten_password()
        body = {"token": self.token, "new_password": PASSWORD}
        return self.timed(self.anyone, "POST", "/api/v1/auth/password/reset", body)

    def mail(self):
        """Waits for the mail with the token to set a new password."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            paths = [path for path in self.mails.glob("[!.]*") if path not in self.seen]
            for path in paths:
                self.seen.add(path)
                text = path.read_text()
                if f"{self.name}@example.com" in text:
                    found = re.search(r"(?<![\w-])[\w-]{43}(?![\w-])", text.replace("=\n", ""))
                    if found:
                        self.token = found[0]
                        return
            time.sleep(0.002)
        raise SystemExit(f"no mail for {self.name}")

    def deactivate_and_activate(self):
        bench.sign_in(self.name)
        took = self.timed(self.admin, "PATCH", self.row, {"status": "inactive"})
        self.admin.expect("PATCH", self.row, {"status": "active"})
        return took

    def end_all_sessions(self):
        client = Client(Authorization=f"Bearer {bench.sign_in(self.name)}")
        return self.timed(client, "DELETE", "/api/v1/auth/sessions")


if __name__ == "__main__":
    main()
