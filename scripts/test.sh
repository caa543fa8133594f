#!/usr/bin/env bash
# Runs all tests, and brings up what they need. Arguments go to the test runner.
#
# PostgreSQL: AUTH_TEST_POSTGRES_URL if it is set, else one that answers on
# 127.0.0.1:5432 without a password, else a container where Docker answers,
# else a private one from the machine's (or, as root on Debian, the
# distribution's) PostgreSQL, stopped at the end.
#
# Redis: AUTH_TEST_REDIS_URL, 127.0.0.1:6379, a container, or a private one, in
# the same way. The program redis-server is needed in any case: the tests of
# what happens without Redis start and stop servers of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

started=""
redis=""
cleanup() {
  if [ -n "$redis" ]; then
    kill "$redis" && wait "$redis" || true
    rm -rf "$redis_directory"
  fi
  if [ -n "$started" ]; then
    as_postgres "$bin/pg_ctl" -D "$started/data" -m fast -w stop >/dev/null || true
    rm -rf "$started"
  fi
}
trap cleanup EXIT

# PostgreSQL does not run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@")
  else
    "$@"
  fi
}

server_programs() {
  find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1
}

answers() {
  command -v psql >/dev/null && psql -w -X -q -At -c 'SELECT 1' "$1" >/dev/null 2>&1
}

start_private_postgres() {
  bin=$(server_programs)
  if [ -z "$bin" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
    bin=$(server_programs)
  fi
  if [ -z "$bin" ]; then
    echo "These tests need PostgreSQL: install it, start Docker, or set AUTH_TEST_POSTGRES_URL" \
      "(postgres://postgres@127.0.0.1:5432/postgres)." >&2
    exit 1
  fi
  started=$(mktemp -d)
  [ "$(id -u)" = 0 ] && chown postgres "$started"
  local port=$((20000 + RANDOM % 20000))
  as_postgres "$bin/initdb" -D "$started/data" -U postgres -A trust -E UTF8 >/dev/null
  as_postgres "$bin/pg_ctl" -D "$started/data" -l "$started/log" -w \
    -o "-p $port -k $started -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200" start >/dev/null
  export AUTH_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
}

# Whether a Redis that asks for no password answers on a port of this machine.
redis_answers() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'PING\r\n' >&3
    read -r -t 2 reply <&3
    [ "${reply%$'\r'}" = "+PONG" ]
  ) 2>/dev/null
}

install_redis() {
  if ! command -v redis-server >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server >/dev/null
  fi
}

start_private_redis() {
  if ! command -v redis-server >/dev/null; then
    echo "These tests need Redis: install redis-server, start Docker, or set AUTH_TEST_REDIS_URL" \
      "(redis://127.0.0.1:6379)." >&2
    exit 1
  fi
  local port=$((20000 + RANDOM % 20000))
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  redis_directory=$(mktemp -d)
  redis-server --bind 127.0.0.1 --port "$port" --save "" --appendonly no --dir "$redis_directory" \
    >"$redis_directory/log" 2>&1 &
  redis=$!
  for _ in $(seq 100); do
    redis_answers "$port" && break
    sleep 0.1
  done
  if ! redis_answers "$port"; then
    echo "The private Redis does not answer:" >&2
    cat "$redis_directory/log" >&2
    exit 1
  fi
  export AUTH_TEST_REDIS_URL="redis://127.0.0.1:$port"
}

local_postgres="postgres://postgres@127.0.0.1:5432/postgres"
if [ -z "${AUTH_TEST_POSTGRES_URL:-}" ]; then
  if answers "$local_postgres"; then
    export AUTH_TEST_POSTGRES_URL="$local_postgres"
  elif ! docker info >/dev/null 2>&1; then
    start_private_postgres
  fi
fi
echo "PostgreSQL for tests: ${AUTH_TEST_POSTGRES_URL:-a container for each test}"

install_redis
if [ -z "${AUTH_TEST_REDIS_URL:-}" ]; then
  if redis_answers 6379; then
    export AUTH_TEST_REDIS_URL="redis://127.0.0.1:6379"
  elif ! docker info >/dev/null 2>&1; then
    start_private_redis
  fi
fi
echo "Redis for tests: ${AUTH_TEST_REDIS_URL:-a container for each test}"

# Documentation tests first: the last summary is that of the suite.
cargo test --workspace --doc --quiet
if command -v cargo-nextest >/dev/null; then
  cargo nextest run --workspace "$@"
else
  cargo test --workspace --all-targets "$@"
fi
