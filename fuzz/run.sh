#!/usr/bin/env bash
# Runs the harnesses of fuzz/ one after the other, each from its seeds and what earlier runs found; stops at the
# first crash and leaves its input in the build folder. Usage: fuzz/run.sh SECONDS [HARNESS…]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?Usage: fuzz/run.sh SECONDS [HARNESS…]}
shift
build=build-fuzz
goldens=$PWD/tests/goldens
(($#)) || set -- $(basename -s .cc fuzz/*.cc)

for harness; do
  corpus=$build/corpus/$harness
  mkdir -p "$corpus"
  case $harness in
    safetensors) cp "$goldens"/*.safetensors "$corpus" ;;
    tokenizer_json) for folder in "$goldens"/tokenizers/*/; do
        cp "$folder/tokenizer.json" "$corpus/$(basename "$folder")"
      done ;;
    sentencepiece) cp "$goldens"/sentencepiece/models/* "$corpus" ;;
    *) cp fuzz/seeds/"$harness"/* "$corpus" ;;
  esac
  echo "== $harness, $seconds s" >&2
  # An allocation that fails is an error like others; the limit is on what is held.
  ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 "$build/fuzz/fuzz_$harness" "$corpus" \
    -max_total_time="$seconds" -rss_limit_mb=2560 -malloc_limit_mb=4096 -timeout=25 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$build/$harness-"
done
