# shellcheck shell=bash
# lab up: the stages, some of them side by side.

# run_stage FILE: in the background; its output goes to a log of its own. Ends with one line for the reader.
run_stage() {
  local file=$1 name log began=$SECONDS
  name=$(basename "$file" .sh); log=$LAB_ROOT/log/stage-$name.log
  if bash "$LAB_HOME/stages/$file" >"$log" 2>&1; then
    printf '%4d s  %-18s ready in %d s\n' "$SECONDS" "$name" $((SECONDS - began))
    return 0
  fi
  printf '%4d s  %-18s FAILED; its log: %s\n' "$SECONDS" "$name" "$log" >&2
  sed 's/^/          | /' <(tail -n 12 "$log") >&2
  return 1
}

# stages FILE...: all at once, wait for all
stages() {
  local file pids=() pid failed=0
  for file in "$@"; do
    printf '%4d s  %-18s ...\n' "$SECONDS" "$(basename "$file" .sh)"
    run_stage "$file" & pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  [ "$failed" = 0 ] || die "not up. Mend the cause and run \"lab up\" again: finished work is kept."
}

lab_up() {
  [ $# -eq 0 ] || die "up takes no arguments"
  SECONDS=0
  make_places
  # One "up" or "down" at a time. The daemons must not inherit the lock, or it would outlive this process.
  exec 9>"$LAB_ROOT/lock"
  flock -n 9 2>/dev/null || die "another \"lab up\" or \"lab down\" is at work in $LAB_ROOT"
  # stages run in the background, where bash lets them ignore the keyboard
  trap 'echo "lab: interrupted" >&2; jobs -p | xargs -r kill 2>/dev/null; exit 130' INT TERM
  echo "the lab in $LAB_ROOT; every stage logs to $LAB_ROOT/log/stage-*.log"
  stages 10-packages.sh
  load_values
  # Ceph, the databases and the guest image have nothing to do with each other
  stages 20-ceph.sh 30-infrastructure.sh 50-guest.sh
  stages 25-objects.sh 40-openstack.sh
  stages 60-seed.sh
  stages 70-rewind.sh
  # shellcheck source=status.sh
  . "$LAB_HOME/lib/status.sh"
  lab_status short || die "all stages ran, but \"lab status\" is not content (above)"
  echo "up after $SECONDS s. Identities: . $LAB_ROOT/openrc-{admin,demo,other,reader}; for Rewind: $LAB_ROOT/rewind.env"
}
