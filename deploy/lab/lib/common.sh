# shellcheck shell=bash
# Sourced by the lab's entry and by every stage: places, messages, waiting.

LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_ROOT=${LAB_ROOT:-/srv/rewind-lab}
export LAB_HOME LAB_ROOT
export LC_ALL=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LIBVIRT_DEFAULT_URI=qemu:///system
# Debian's own python3 must come first: a version manager's shim in PATH has none of the OpenStack modules.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
# Calls to the lab itself never go through a proxy, whatever the caller's environment says.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
# An OpenStack identity of the caller's shell must not leak into the services (oslo reads some OS_* variables as settings).
while read -r _name; do unset "$_name"; done < <(compgen -e OS_ || true)

umask 022

CEPH_DATA=$LAB_ROOT/data/ceph
MYSQL_SOCKET=$LAB_ROOT/data/mysql/mysqld.sock
export CEPH_DATA MYSQL_SOCKET

# A trap of "pipefail": "PROGRAM | grep -q" fails now and then, since grep ends at its first find and the program then
# writes into a closed pipe. So the scripts look at $(PROGRAM) instead.
die() { echo "lab: $*" >&2; exit 1; }
note() { echo "   $*"; }

make_places() {
  mkdir -p "$LAB_ROOT"/{log,pid,data/lock,etc,tmp}
  # The password file lies here; the directory itself stays passable, since mysqld and qemu run as users of their own.
  chmod 755 "$LAB_ROOT" "$LAB_ROOT/data"
  chmod 700 "$LAB_ROOT/tmp"
}

# hex BYTES: random bytes as hexadecimal digits (safe in URLs, ini files and SQL)
hex() { od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# keep_secret FILE BYTES: make a random value once
keep_secret() {
  [ -s "$1" ] || (umask 077; printf '%s' "$(hex "$2")" >"$1")
}

# keep_uuid FILE
keep_uuid() { [ -s "$1" ] || cat /proc/sys/kernel/random/uuid >"$1"; }

lab_password() { cat "$LAB_ROOT/etc/password"; }

# lap WHAT: seconds since the last lap, for the stage's log
_lap_start=$SECONDS
lap() { echo "   $1: $((SECONDS - _lap_start)) s"; _lap_start=$SECONDS; }

# wait_for WHAT SECONDS COMMAND...: poll until COMMAND succeeds
wait_for() {
  local what=$1 limit=$2 end=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { echo "timed out after $limit s: $what" >&2; return 1; }
    sleep 0.2
  done
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# http_ok URL: something answers, and not with a server error
http_ok() {
  local code
  code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$1") && [ "$code" -lt 500 ]
}

sql() { mysql --socket="$MYSQL_SOCKET" -uroot "$@"; }

# done_once NAME [FILE...]: true when mark_done NAME was called and the FILEs have not changed since
fingerprint() { if [ $# -gt 0 ]; then cat "$@" | sha256sum | cut -d' ' -f1; else echo "done"; fi; }
done_once() {
  local name=$1; shift
  [ "$(cat "$LAB_ROOT/data/done/$name" 2>/dev/null)" = "$(fingerprint "$@")" ]
}
mark_done() {
  local name=$1; shift
  mkdir -p "$LAB_ROOT/data/done"; fingerprint "$@" >"$LAB_ROOT/data/done/$name"
}
