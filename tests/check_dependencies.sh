#!/usr/bin/env bash
# Dependencies between the folders of attune/ point one way, and no file is long without a reason.
# Usage: tests/check_dependencies.sh [REPOSITORY]
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

# What each folder may include besides itself.
declare -A allowed=(
  [base]=""
  [backend]="base"
  [tensor]="base backend"
  [autograd]="base backend tensor"
  [ops]="base backend tensor autograd"
  [nn]="base tensor autograd ops"
  [models]="base tensor autograd ops nn io"
  [tasks]="base tensor autograd ops nn models io text vision series"
  [generate]="base backend tensor autograd ops nn models io text"
  [train]="base backend tensor autograd ops nn models tasks io text"
  [serve]="base tensor models generate train tasks io text vision series"
  # These stand beside and know nothing of models.
  [io]="base tensor"
  [text]="base backend tensor io"
  [plot]="base io"
  [vision]="base tensor io"
  [series]="base tensor io text"
)
longest=500
failures=0

complain() {
  echo "$1" >&2
  failures=$((failures + 1))
}

check_includes() {
  local file=$1 folder=$2 included
  # Element types and parallel loops are words that every folder uses; their headers need nothing but base.
  while IFS=/ read -r included header; do
    [[ $included/$header == tensor/dtype.h || $included/$header == backend/cpu/threads.h ||
      $included == "$folder" ]] && continue
    [[ " ${allowed[$folder]} " == *" $included "* ]] ||
      complain "$file includes attune/$included/$header, but $folder/ may use only: ${allowed[$folder]:-nothing}"
  done < <(sed -nE 's|^#include "attune/([^"]*)".*|\1|p' "$file")
}

while read -r file; do
  folder=$(cut -d/ -f2 <<<"$file")
  if [[ ! -v allowed[$folder] ]]; then
    complain "$file is in a folder that tests/check_dependencies.sh does not know: give it its place there"
  elif [[ $file != *_test.cc && $file != */test.cc ]]; then
    check_includes "$file" "$folder"
  fi
done < <(find attune -mindepth 2 \( -name '*.h' -o -name '*.cc' \))

while read -r lines file; do
  [[ $file == total ]] && continue
  ((lines <= longest)) || grep -q '^\(//\|#\) Long because: ' "$file" ||
    complain "$file has $lines lines, more than $longest, and no comment '// Long because: …'"
done < <(find attune apps bench examples scripts tests \
           \( -name '*.h' -o -name '*.cc' -o -name '*.cu' -o -name '*.py' -o -name '*.sh' -o -name CMakeLists.txt \) \
           -exec wc -l {} +)

((failures == 0)) && echo "dependencies point one way, and files are short"
exit $((failures > 0))
