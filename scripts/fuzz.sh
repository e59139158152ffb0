#!/usr/bin/env bash
# Gives each parser of what others wrote any bytes, under libFuzzer, beginning with the corpus in tests/fuzz/corpus.
#
#   scripts/fuzz.sh [TARGET]...       without a word: all, FUZZ_SECONDS (60) each
#
# What is found stops its target, lies in target/fuzz/found/TARGET, and makes this end with 1 once all have had their time.
# The compiler is the one that builds the rest: without a sanitizer a fuzzer needs no other. These crates have no unsafe code, so that a panic, a broken
# assertion, too much memory or too much time is what can be found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-60}
work=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
all=$(cd tests/fuzz/targets && printf '%s\n' *.rs | sed 's/\.rs$//')
read -r -a targets <<<"${*:-$(tr '\n' ' ' <<<"$all")}"

say() { printf 'fuzz: %s\n' "$*" >&2; }

for target in "${targets[@]}"; do
  grep -qxF "$target" <<<"$all" || { say "there is no target $target; there are: $(tr '\n' ' ' <<<"$all")"; exit 2; }
done

host=$(rustc -vV | sed -n 's/^host: //p')
# Half as fast as it could be, and built in half the time.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_STRIP=none CARGO_INCREMENTAL=0
for target in "${targets[@]}"; do
  cargo fuzz build --fuzz-dir tests/fuzz --target-dir "$work" --sanitizer none --features fuzz "$target"
done

broken=()
for target in "${targets[@]}"; do
  corpus=$work/corpus/$target found=$work/found/$target
  mkdir -p "$corpus" "$found"
  say "$target for $seconds s"
  # An input may take ten seconds and two gigabytes: far more than what any is worth. New inputs of use go to the first folder.
  "$work/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$found/" "$corpus" "tests/fuzz/corpus/$target" || broken+=("$target")
done

if [ ${#broken[@]} -gt 0 ]; then
  for target in "${broken[@]}"; do
    say "$target is broken by the newest of: $work/found/$target/*"
  done
  say "mend it, and keep the input in tests/fuzz/corpus/TARGET, which make test goes through"
  exit 1
fi
say "${#targets[@]} targets, $seconds s each: nothing found"
