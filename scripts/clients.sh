#!/usr/bin/env bash
# Checks docs/openapi.json as those who use it do: two linters, and clients in
# TypeScript and Python that are generated from it, type-checked strictly and
# sent on the README's tour of a running service.
#
# Needs node 20.19 or newer with npm, and python3 with venv. The tools are pinned
# in scripts/clients/ and installed below ${XDG_CACHE_HOME:-~/.cache}. OPENAPI
# names another document, AUTH_BIN a service that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."

here=$PWD/scripts/clients
document=$(realpath "${OPENAPI:-docs/openapi.json}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/auth-microservice/clients
password='correct horse battery staple'
server=""
work=$(mktemp -d)

cleanup() {
  stop_server
  rm -rf "$work"
}
stop_server() {
  [ -z "$server" ] && return
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=""
}
trap cleanup EXIT

fail() {
  echo "scripts/clients.sh: $*" >&2
  exit 1
}

step() {
  echo "clients: $*"
}

# Runs a command; what it says is shown if it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && return 1; }
}

require_tools() {
  local wanted='node 20.19 or newer, npm, and python3 with venv'
  for tool in node npm python3; do
    command -v "$tool" >/dev/null || fail "$tool is missing (needs $wanted)"
  done
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "node $(node --version) is too old (needs $wanted)"
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3 has no venv: on Debian install python3-venv (needs $wanted)"
}

# Installs into a directory named after what is pinned, if it is not there yet.
# A broken installation leaves none.
install_tools() {
  node_tools=$cache/node-$(fingerprint "$here/package-lock.json" "$(node --version)")
  python_tools=$cache/python-$(fingerprint "$here/requirements.txt" "$(python3 --version)")
  mkdir -p "$cache"
  if [ ! -d "$node_tools" ]; then
    step "installing the tools for TypeScript"
    mkdir "$work/node"
    cp "$here/package.json" "$here/package-lock.json" "$work/node"
    (cd "$work/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    mv -T "$work/node" "$node_tools"
  fi
  # A virtual environment holds its own path: it is made in place.
  if [ ! -f "$python_tools/complete" ]; then
    step "installing the tools for Python"
    rm -rf "$python_tools"
    python3 -m venv "$python_tools"
    "$python_tools/bin/pip" install --quiet --disable-pip-version-check --no-deps \
      --requirement "$here/requirements.txt"
    touch "$python_tools/complete"
  fi
  PATH=$node_tools/node_modules/.bin:$PATH
  export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
}

fingerprint() {
  { cat "$1"; echo "$2"; } | sha256sum | cut -c1-16
}

lint() {
  step "Redocly"
  quietly redocly lint "$document" || fail "Redocly finds errors"
  step "Spectral"
  quietly spectral lint "$document" --ruleset "$here/spectral.yml" --fail-severity error \
    --display-only-failures || fail "Spectral finds errors"
}

generate_typescript() {
  step "openapi-typescript, tsc --strict"
  mkdir "$work/typescript"
  cp "$here/package.json" "$here/tsconfig.json" "$here/tour.ts" "$work/typescript"
  ln -s "$node_tools/node_modules" "$work/typescript/node_modules"
  quietly openapi-typescript "$document" --output "$work/typescript/schema.d.ts" ||
    fail "openapi-typescript fails"
  tsc --project "$work/typescript" || fail "the TypeScript client does not type-check"
}

generate_python() {
  step "openapi-python-client, mypy --strict"
  mkdir "$work/python"
  cp "$here/tour.py" "$work/python"
  (
    cd "$work/python"
    # It ends well after operations that it could not read: its warnings fail too.
    quietly "$python_tools/bin/openapi-python-client" generate --path "$document" --meta none \
      --config "$here/openapi-python-client.yml" --output-path auth_client --fail-on-warning || exit 1
    "$python_tools/bin/mypy" --strict --no-error-summary --cache-dir "$work/mypy" \
      auth_client tour.py
  ) || fail "the Python client is not generated, or does not type-check"
}

build_service() {
  auth=${AUTH_BIN:-}
  [ -n "$auth" ] && return
  step "building the service"
  cargo build --quiet -p auth-microservice --bin auth-microservice
  auth=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/auth-microservice
}

# Starts a new service on a port that the system chooses; $base is its address.
start_server() {
  data=$work/data-$1
  AUTH_MICROSERVICE_PORT=0 "$auth" --data-dir "$data" serve >"$work/log-$1" 2>"$work/console-$1" &
  server=$!
  base=""
  for _ in $(seq 300); do
    base=$(sed -n 's/.* listens on \(http:[^ ]*\)$/\1/p' "$work/console-$1")
    [ -n "$base" ] && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/console-$1" "$work/log-$1" >&2
  fail "the service does not start"
}

# Runs a client's tour on a new service.
tour() {
  local name=$1
  shift
  step "the tour in $name"
  start_server "$name"
  echo "$password" | quietly "$auth" --data-dir "$data" createsuperuser --username root \
    --email root@example.com --first-name Root --last-name User --password-stdin ||
    fail "no superuser is made"
  BASE=$base PASSWORD=$password INTERNAL_SECRET=$(cat "$data/secrets/internal-api-secret") \
    "$@" || { tail -n 20 "$work/log-$name" >&2 && fail "the tour in $name fails"; }
  stop_server
}

require_tools
install_tools
lint
generate_typescript
generate_python
build_service
tour typescript node "$work/typescript/out/tour.js"
tour python "$python_tools/bin/python" "$work/python/tour.py"
step "the document serves its clients"
