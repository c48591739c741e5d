#!/usr/bin/env bash
# Installs what is missing, then builds and runs all tests: in a Release build with warnings as errors, the fast
# ones again with AVX2 at most, and once more under AddressSanitizer and UndefinedBehaviorSanitizer, in a build that
# also measures line coverage. Usage: scripts/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

least_coverage=85  # percent of the lines of attune/

scripts/install-packages.sh tests

launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
jobs=$(nproc)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

stage() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
# run_tests NAME PRESET [ENVIRONMENT…]: runs a test preset, keeps what ctest says at its end.
run_tests() {
  local name=$1 preset=$2
  shift 2
  env "$@" ctest --preset "$preset" -j "$jobs" | tee "$logs/all"
  sed -n '/tests passed/,$p' "$logs/all" >"$logs/$name"
}

stage "Release build"
cmake --preset ci "${launcher[@]}" --log-level=WARNING
cmake --build --preset ci
stage "All tests"
run_tests release ci
stage "Fast tests, AVX2 at most"
run_tests avx2 ci-fast ATTUNE_MAX_ISA=avx2

stage "Build with sanitizers and coverage"
cmake --preset ci-asan "${launcher[@]}" --log-level=WARNING
cmake --build --preset ci-asan --target attune_tests
find build-ci-asan -name '*.gcda' -delete  # of an earlier run
stage "Fast tests with sanitizers"
# A test asks for more memory than there is, and expects to be told.
run_tests sanitizers ci-asan-fast ASAN_OPTIONS=allocator_may_return_null=1

stage "Line coverage of attune/"
gcovr -j "$jobs" --root . --object-directory build-ci-asan --filter 'attune/' --exclude '.*test.*' \
  --exclude-unreachable-branches --fail-under-line "$least_coverage" build-ci-asan >"$logs/coverage" ||
  { cat "$logs/coverage"; echo "line coverage is below $least_coverage percent" >&2; exit 1; }

stage "Summary"
grep '^TOTAL' "$logs/coverage" | awk '{ print "line coverage of attune/: " $4 " of " $2 " lines" }'
printf '\nwith sanitizers, fast tests:\n%s\n' "$(cat "$logs/sanitizers")"
printf '\nwith AVX2 at most, fast tests:\n%s\n' "$(cat "$logs/avx2")"
printf '\nall tests:\n%s\n' "$(cat "$logs/release")"
