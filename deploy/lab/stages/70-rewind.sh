#!/bin/bash
# Rewind's own identity in this cloud, and the settings by which it finds the cloud. (Its key in Ceph: stage 20-ceph; its
# databases: stage 30-infrastructure.)
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/render.sh
. "$LAB_HOME/lib/render.sh"
load_values

if ! done_once rewind "$LAB_HOME/seed/rewind.py"; then
  python3 "$LAB_HOME/seed/rewind.py"
  mark_done rewind "$LAB_HOME/seed/rewind.py"
fi
render rewind.env "$LAB_ROOT/rewind.env" 600
