# Short names for what is typed often; `just` is a convenience, nothing needs it.

# Lists the recipes.
default:
    @just --list

# Installs the git hooks: format, clippy of changed crates, commit messages.
setup:
    git config core.hooksPath scripts/hooks

# Runs the service, embedded.
run *ARGS:
    cargo run --release -- {{ARGS}}

# Runs all tests and brings up what they need.
test *ARGS:
    scripts/test.sh {{ARGS}}

# What CI runs.
ci:
    .ci/run

# Formats, and fails on any warning.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Rewrites the generated documents; read the diff.
generate:
    UPDATE_GENERATED=1 cargo test -p auth-domain -p auth-http -p auth-config

# Licences, advisories, homes (needs cargo-deny).
deny:
    cargo deny check

# Lints the API's document and runs generated clients (needs node, npm, python3).
clients:
    scripts/clients.sh

# Measures which mutants a package's tests catch (needs cargo-mutants).
mutants *ARGS:
    scripts/mutants.sh {{ARGS}}

# Measures what docs/performance.md reports (needs wrk).
bench *ARGS:
    cargo build --profile dist -p auth-microservice --bins --example bare
    cargo build --profile dist -p auth-crypto --example hash_rate
    scripts/bench.py {{ARGS}}
