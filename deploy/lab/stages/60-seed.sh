#!/bin/bash
# What a cloud needs before its first server: image, flavors, network, volume types, quotas.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

image=$LAB_ROOT/data/guest/lab.raw
if ! done_once cloud "$LAB_HOME/seed/cloud.py" "$image"; then
  python3 "$LAB_HOME/seed/cloud.py" "$image"
  mark_done cloud "$LAB_HOME/seed/cloud.py" "$image"
else
  note "the seeds are there"
fi
