# shellcheck shell=bash
# lab status: every daemon, Ceph, the services that report to each other, listeners, memory.

# our_sessions: the session ids of the lab's daemons (each leads its own; their children carry the id too)
our_sessions() {
  local name
  for name in "${DAEMONS[@]}"; do daemon_pid "$name" || true; done
}

# session_of PID
session_of() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  echo "$4"
}

# strangers: listeners of the lab's that are not on loopback (there must be none)
strangers() {
  local sessions line pid
  sessions=" $(our_sessions | tr '\n' ' ') "
  ss -ltnpH | awk '$4 !~ /^(127\.[0-9.]+|\[::1\]|\[::ffff:127\.[0-9.]+\]):/' | while read -r line; do
    pid=$(sed -n 's/.*pid=\([0-9]*\).*/\1/p' <<<"$line")
    [ -n "$pid" ] && [[ $sessions == *" $(session_of "$pid") "* ]] && awk '{print $4, $6}' <<<"$line"
  done
}

# lab_status [short]: short leaves out what is well
lab_status() {
  local short=${1:-} bad=0 name health found options=()
  for name in "${DAEMONS[@]}"; do
    if ! alive "$name"; then
      echo "   daemon   $(printf '%-28s' "$name") DOWN; its log: $LAB_ROOT/log/$name.log"; bad=1
    elif paused "$name"; then
      echo "   daemon   $(printf '%-28s' "$name") PAUSED"; bad=1
    elif [ -z "$short" ]; then
      echo "   daemon   $(printf '%-28s' "$name") up, process $(daemon_pid "$name")"
    fi
  done

  # a cluster that has just started may take a moment to be content
  local tries=1
  [ -z "$short" ] || tries=60
  while :; do
    health=$(timeout 10 ceph health 2>/dev/null) || health="no answer within 10 s"
    tries=$((tries - 1))
    [[ $health == HEALTH_OK* ]] || [ "$tries" -le 0 ] && break
    sleep 0.5
  done
  if [[ $health != HEALTH_OK* ]]; then echo "   ceph     $health"; bad=1; elif [ -z "$short" ]; then echo "   ceph     $health"; fi

  [ -z "$short" ] || options=(--short --wait 30)
  python3 "$LAB_HOME/seed/services.py" "${options[@]}" || bad=1

  found=$(strangers || true)
  if [ -n "$found" ]; then echo "   not on loopback: $found"; bad=1; fi
  [ -n "$short" ] || free -m | awk '/^Mem/{printf "   memory   %d MiB used, %d MiB available of %d\n", $3, $7, $2}'
  if [ "$bad" != 0 ]; then echo "   NOT all well"; elif [ -z "$short" ]; then echo "   all well"; fi
  return "$bad"
}
