#!/bin/bash
# What a cloud needs before its first server: image, flavors, network, volume types, quotas.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

image=$LAB_ROOT/data/guest/lab.raw
# (the guest stage's own mark stands for the image: reading 384 MiB again at each "up" would take seconds)
marks=("$LAB_HOME/seed/cloud.py" "$LAB_ROOT/data/done/guest")
if ! done_once cloud "${marks[@]}"; then
  python3 "$LAB_HOME/seed/cloud.py" "$image"
  mark_done cloud "${marks[@]}"
else
  note "the seeds are there"
fi
