# shellcheck shell=bash
# lab logs, lab daemon, lab token-lifetime.
# shellcheck source=daemons.sh
. "$LAB_HOME/lib/daemons.sh"

lab_logs() {
  [ $# -le 1 ] || die "logs takes at most one name"
  if [ $# = 0 ]; then
    (cd "$LAB_ROOT/log" && find . -name '*.log' -size +0 -printf '%f\t%k KiB\t%TH:%TM:%.2TS\n' | sed 's/\.log\t/\t/' | sort | column -t -s $'\t')
    return
  fi
  [ -e "$LAB_ROOT/log/$1.log" ] || die "no log is called $1 (lab logs lists them)"
  exec tail -n 50 -F "$LAB_ROOT/log/$1.log"
}

known_daemon() {
  local name
  for name in "${DAEMONS[@]}"; do [ "$name" != "${1:-}" ] || return 0; done
  die "no daemon is called \"${1:-}\"; there are: ${DAEMONS[*]}"
}

lab_daemon() {
  local verb=${1:-} name=${2:-}
  [ $# = 2 ] || die "usage: lab daemon start|stop|pause|resume NAME"
  known_daemon "$name"
  case $verb in
    start)
      start_daemon "$name"
      wait_daemon "$name" 120 daemon_ready "$name" ;;
    stop) stop_daemon "$name" 30 ;;
    pause) signal_daemon STOP "$name" || die "$name does not run" ;;
    resume) signal_daemon CONT "$name" || die "$name does not run" ;;
    *) die "usage: lab daemon start|stop|pause|resume NAME" ;;
  esac
}

# Fernet tokens carry their end in themselves: those that were given out before keep theirs.
lab_token_lifetime() {
  local seconds=${1:-}
  [ "$seconds" != default ] || seconds=$DEFAULT_TOKEN_LIFETIME
  [[ $# = 1 && $seconds =~ ^[1-9][0-9]*$ ]] || die "usage: lab token-lifetime SECONDS|default"
  echo "$seconds" >"$LAB_ROOT/etc/token-lifetime"
  load_values
  render keystone.conf /etc/keystone/keystone.conf
  stop_daemon keystone 10
  start_daemon keystone
  wait_daemon keystone 60 daemon_ready keystone
}
