#!/usr/bin/env bash
# Changes one small thing in a package at a time, and counts which changes its
# own tests notice. docs/mutants.md says what it found.
#
#     scripts/mutants.sh PACKAGE [VIABLE] [SEED]
#
# VIABLE is how many mutants that compile to try (150; fewer if the package has
# fewer), SEED which ones (1): the same seed draws the same mutants, as long as
# they are there. Fails below 85 % caught.
#
# Needs cargo-mutants (cargo install cargo-mutants --locked) and python3. No part
# of scripts/test.sh: each mutant is a build and a run of the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

usage="usage: scripts/mutants.sh PACKAGE [VIABLE] [SEED]"
package=${1:?$usage}
viable=${2:-150}
seed=${3:-1}
required=85

command -v cargo-mutants >/dev/null ||
  { echo "needs cargo-mutants: cargo install cargo-mutants --locked" >&2 && exit 1; }

# One target directory for all batches: what does not change is built once.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/mutants}
out=$CARGO_TARGET_DIR/results/$package-$seed
rm -rf "$out"
mkdir -p "$out"

runner=(--test-tool cargo)
runner_arguments=()
if command -v cargo-nextest >/dev/null; then
  runner=(--test-tool nextest)
  # One failing test is enough.
  runner_arguments=(-- --max-fail=1:immediate)
fi

# In the order in which they are drawn: by a hash of the seed and of what is
# mutated, without the line that it happens to be on.
draw() {
  cargo mutants --package "$package" --list | python3 -c '
import hashlib, re, sys
def rank(mutant):
    what = re.sub(r":\d+:\d+:", ":", mutant, count=1)
    return hashlib.sha256(f"{sys.argv[1]} {what}".encode()).digest()
print("".join(sorted(sys.stdin, key=rank)), end="")' "$seed"
}

# Writes the configuration that selects exactly the mutants of standard input.
select_mutants() {
  python3 -c '
import json, re, sys
patterns = [f"^{re.escape(line.strip())}$" for line in sys.stdin]
print("examine_re =", json.dumps(patterns))'
}

try_mutants() {
  local batch=$1 status=0
  cargo mutants --package "$package" --test-package "$package" --config "$batch.toml" \
    --output "$batch" --no-times --colors never "${runner[@]}" "${runner_arguments[@]}" || status=$?
  # 2 and 3: some were missed, some ran into the time limit.
  case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac
}

# Counts the mutants of all batches with any of the outcomes.
count() {
  local outcome
  for outcome in "$@"; do cat "$out"/batch-*/mutants.out/"$outcome".txt; done | wc -l
}

draw >"$out/drawn"
listed=$(wc -l <"$out/drawn")
tried=0
batch=0
found=0
while [ "$found" -lt "$viable" ] && [ "$tried" -lt "$listed" ]; do
  batch=$((batch + 1))
  sed -n "$((tried + 1)),$((tried + viable - found))p" "$out/drawn" >"$out/selected"
  select_mutants <"$out/selected" >"$out/batch-$batch.toml"
  tried=$((tried + $(wc -l <"$out/selected")))
  try_mutants "$out/batch-$batch"
  found=$(count caught timeout missed)
done

caught=$(count caught timeout)
missed=$(count missed)
echo
echo "Survivors:"
cat "$out"/batch-*/mutants.out/missed.txt
echo
echo "$package, seed $seed: $listed mutants, $tried tried, $(count unviable) do not compile;" \
  "of $found viable ones $caught caught ($(count timeout) by the time limit), $missed missed:" \
  "$((1000 * caught / found / 10)).$((1000 * caught / found % 10)) %"
[ $((100 * caught)) -ge $((required * found)) ]
