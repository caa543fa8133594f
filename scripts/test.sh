#!/usr/bin/env bash
# Runs all tests, and brings up what they need. Arguments go to the test runner.
#
# PostgreSQL: AUTH_TEST_POSTGRES_URL if it is set, else a private one from the
# machine's PostgreSQL, else a container for this run where Docker answers, else
# one that answers on 127.0.0.1:5432 without a password, else a private one from
# the distribution's PostgreSQL (as root on Debian). Those that this script
# starts it stops at the end, and they do not wait for the disk: making and
# dropping a database for each test then takes a quarter of the time. Tests copy
# a migrated template on the server, which the first of them makes; what killed
# tests left there, that one drops.
#
# Redis: AUTH_TEST_REDIS_URL, 127.0.0.1:6379, a container for each test, or a
# private one, in the same way. The programs redis-server and rabbitmq-server are needed in any case:
# the tests of what happens without Redis start and stop servers of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

started=""
container=""
redis=""
cleanup() {
  if [ -n "$container" ]; then
    docker rm -f "$container" >/dev/null || true
  fi
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

# The directory of the newest PostgreSQL server of the machine; fails where
# there is none.
server_programs() {
  local newest
  newest=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null |
    sort -V | tail -n 1) || true
  [ -n "$newest" ] || newest=$(command -v initdb) || return 1
  dirname "$newest"
}

answers() {
  command -v psql >/dev/null && psql -w -X -q -At -c 'SELECT 1' "$1" >/dev/null 2>&1
}

install_postgres() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
  fi
  if ! server_programs >/dev/null; then
    echo "These tests need PostgreSQL: install it, start Docker, or set AUTH_TEST_POSTGRES_URL" \
      "(postgres://postgres@127.0.0.1:5432/postgres)." >&2
    exit 1
  fi
}

# What these settings give up matters only after a crash of the machine.
unsafe_but_fast="-c fsync=off -c full_page_writes=off -c synchronous_commit=off"

start_private_postgres() {
  bin=$(server_programs)
  started=$(mktemp -d)
  [ "$(id -u)" = 0 ] && chown postgres "$started"
  local port=$((20000 + RANDOM % 20000))
  as_postgres "$bin/initdb" --no-sync -D "$started/data" -U postgres -A trust -E UTF8 >/dev/null
  as_postgres "$bin/pg_ctl" -D "$started/data" -l "$started/log" -w \
    -o "-p $port -k $started -c listen_addresses=127.0.0.1 -c max_connections=200 $unsafe_but_fast" \
    start >/dev/null
  export AUTH_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
}

# One container for the run: one for each test takes longer than most tests.
start_postgres_container() {
  # shellcheck disable=SC2086 # several arguments
  container=$(docker run -d -e POSTGRES_HOST_AUTH_METHOD=trust -p 127.0.0.1::5432 \
    postgres:16-alpine -c max_connections=200 $unsafe_but_fast)
  local address
  address=$(docker port "$container" 5432/tcp | head -n 1)
  # Over TCP: the server that prepares the data directory listens on no port.
  for _ in $(seq 300); do
    docker exec "$container" pg_isready -q -h 127.0.0.1 -U postgres && break
    sleep 0.1
  done
  if ! docker exec "$container" pg_isready -q -h 127.0.0.1 -U postgres; then
    echo "The container of PostgreSQL does not answer:" >&2
    docker logs "$container" >&2
    exit 1
  fi
  export AUTH_TEST_POSTGRES_URL="postgres://postgres@$address/postgres"
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

# Tests start servers of their own of these; without them those tests say what is missing.
install_servers() {
  local missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v rabbitmq-server >/dev/null || [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] ||
    missing+=(rabbitmq-server)
  if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
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
  if server_programs >/dev/null; then
    start_private_postgres
  elif docker info >/dev/null 2>&1; then
    start_postgres_container
  elif answers "$local_postgres"; then
    export AUTH_TEST_POSTGRES_URL="$local_postgres"
  else
    install_postgres
    start_private_postgres
  fi
fi
echo "PostgreSQL for tests: $AUTH_TEST_POSTGRES_URL"

install_servers
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
