#!/usr/bin/env bash
# Sends what docs/openapi.json allows, and what it forbids, to a running service:
# no 5xx, no answer that the document does not describe, no input that the
# schema forbids and the service takes.
#
#     scripts/fuzz.sh [SECONDS]      # 300
#
# Needs python3 with venv; schemathesis is pinned in scripts/fuzz/requirements.txt
# and installed below ${XDG_CACHE_HOME:-~/.cache}. AUTH_BIN names a service that is
# built already, SEED repeats a run.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-300}
pinned=scripts/fuzz/requirements.txt
cache=${XDG_CACHE_HOME:-$HOME/.cache}/auth-microservice/fuzz
password='correct horse battery staple'
server=""
work=$(mktemp -d)

cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "scripts/fuzz.sh: $*" >&2
  exit 1
}

# A virtual environment holds its own path: it is made in place.
install_schemathesis() {
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3 has no venv: on Debian install python3-venv"
  tools=$cache/$({ cat "$pinned" && python3 --version; } | sha256sum | cut -c1-16)
  if [ ! -f "$tools/complete" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$pinned"
    touch "$tools/complete"
  fi
}

start_service() {
  auth=${AUTH_BIN:-}
  if [ -z "$auth" ]; then
    cargo build --quiet -p auth-microservice
    auth=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/auth-microservice
  fi
  # Limits would end the run with 429 after a minute; hashes cheap enough for it.
  for limit in LOGIN_PAIR LOGIN_ACCOUNT LOGIN_ADDRESS SIGN_IN REGISTRATION FORGOTTEN_PASSWORD \
    PASSWORD_RESET VERIFICATION_MAIL WRONG_TOKEN ROTATION WRONG_SECRET WRONG_REFRESH_TOKEN \
    ADDRESS_CHANGE TAKEN_NAME; do
    export "AUTH_MICROSERVICE_LIMIT_$limit=0"
  done
  export AUTH_MICROSERVICE_ARGON2_MEMORY_KIB=64 AUTH_MICROSERVICE_ARGON2_ITERATIONS=1
  "$auth" createsuperuser --username root --email root@example.com --first-name Root \
    --last-name User --password-file <(echo "$password") --data-dir "$work/data" >/dev/null
  "$auth" serve --port 0 --data-dir "$work/data" >"$work/log" 2>"$work/err" &
  server=$!
  for _ in $(seq 100); do
    base=$(sed -n 's/.* listens on //p' "$work/err")
    [ -n "$base" ] && return
    sleep 0.1
  done
  cat "$work/err" >&2
  fail "the service does not start"
}

sign_in() {
  curl --fail-with-body -sS -H 'Content-Type: application/json' "$base/api/v1/auth/login" \
    -d "{\"username\":\"root\",\"password\":\"$password\"}" |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

run() {
  # What ends the own session is left out: all that comes after would be 401.
  "$tools/bin/schemathesis" run docs/openapi.json --url "$base" --max-time "$seconds" \
    --header "Authorization: Bearer $(sign_in)" \
    --header "X-Internal-Secret: $(cat "$work/data/secrets/internal-api-secret")" \
    --header "X-Bootstrap-Secret: $(cat "$work/data/secrets/bootstrap-secret")" \
    --exclude-path-regex '/auth/(logout|sessions|revoke)' \
    --phases examples,coverage,fuzzing --continue-on-failure --no-shrink --warnings off \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,negative_data_rejection \
    ${SEED:+--seed "$SEED"}
}

install_schemathesis
start_service
run
