#!/usr/bin/env bash
# From a fresh Debian 12 to a trained model: installs what is missing, builds build/attune and trains a small GPT
# for about a minute. Usage: scripts/quickstart.sh
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh

# Only the command: tests and examples are built by scripts/test.sh.
cmake --preset release -DATTUNE_TESTS=OFF -DATTUNE_EXAMPLES=OFF --log-level=WARNING
cmake --build --preset release --target attune_command

exec build/attune demo
