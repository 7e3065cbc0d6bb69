# shellcheck shell=bash
# Every daemon of the lab in one table: how it is started, and how one is stopped, paused and asked after.
# There is no systemd: each runs in a session of its own, with a pid file and a log.

# in the order of their start
# shellcheck disable=SC2034
DAEMONS=(
  ceph-mon ceph-mgr ceph-osd.0 ceph-osd.1 radosgw
  mariadb epmd rabbitmq memcached redis
  keystone placement virtlogd libvirtd
  glance-api cinder-api nova-api nova-conductor nova-scheduler neutron-server
  cinder-scheduler cinder-volume cinder-backup
  nova-compute neutron-linuxbridge-agent neutron-dhcp-agent
)

# uWSGI, for Keystone and Placement. "Connection: close" matters: with connections kept alive Nova now and then answers
# 500, "keystoneauth1.exceptions.connection.ConnectFailure ... RemoteDisconnected".
uwsgi_command() { # PORT WSGI-FILE
  COMMAND=(uwsgi_python3 --http-socket "127.0.0.1:$1" --wsgi-file "$2" --master --processes 1 --threads 4 --lazy-apps
    --enable-threads --add-header 'Connection: close' --buffer-size 65535 --die-on-term --need-app --disable-logging)
}

# daemon_command NAME: sets COMMAND
daemon_command() {
  local neutron=(--config-file /etc/neutron/neutron.conf)
  case $1 in
    ceph-mon) COMMAND=(ceph-mon -f -i a) ;;
    ceph-mgr) COMMAND=(ceph-mgr -f -i x) ;;
    ceph-osd.*) COMMAND=(ceph-osd -f -i "${1#ceph-osd.}") ;;
    radosgw) COMMAND=(radosgw -f -n client.rgw.lab) ;;
    mariadb) COMMAND=(mariadbd --defaults-file="$LAB_ROOT/etc/mariadb.cnf") ;;
    # RabbitMQ would start an epmd of its own, which listens on every address
    epmd) COMMAND=(epmd -address 127.0.0.1) ;;
    rabbitmq) COMMAND=(bash -c ". '$LAB_ROOT/etc/rabbitmq.env'; exec /usr/lib/rabbitmq/bin/rabbitmq-server") ;;
    memcached) COMMAND=(memcached -u nobody -l 127.0.0.1 -p 11211 -m 64) ;;
    redis) COMMAND=(redis-server "$LAB_ROOT/etc/redis.conf") ;;
    keystone) uwsgi_command 5000 /usr/bin/keystone-wsgi-public ;;
    placement) uwsgi_command 8778 /usr/bin/placement-api ;;
    virtlogd) COMMAND=(virtlogd) ;;
    libvirtd) COMMAND=(libvirtd -f "$LAB_ROOT/etc/libvirtd.conf") ;;
    neutron-server) COMMAND=("$1" "${neutron[@]}" --config-file /etc/neutron/plugins/ml2/ml2_conf.ini) ;;
    neutron-linuxbridge-agent) COMMAND=("$1" "${neutron[@]}" --config-file /etc/neutron/plugins/ml2/linuxbridge_agent.ini) ;;
    neutron-dhcp-agent) COMMAND=("$1" "${neutron[@]}" --config-file /etc/neutron/dhcp_agent.ini) ;;
    # nova.conf only: the package's nova-compute.conf beside it says virt_type=kvm
    nova-conductor | nova-scheduler | nova-compute) COMMAND=("$1" --config-file /etc/nova/nova.conf) ;;
    glance-api | cinder-* | nova-api) COMMAND=("$1") ;;
    *) return 1 ;;
  esac
}

# process_start PID: the kernel's start time of a process, so that a pid that was given out again is not taken for ours
process_start() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }                  # the name in parentheses may hold spaces
  [ "${stat%% *}" != Z ] || return 1 # a zombie is no daemon
  # shellcheck disable=SC2086
  set -- $stat
  echo "${20}"
}

# daemon_pid NAME: prints the pid of a running daemon
daemon_pid() {
  local pid started
  { read -r pid started <"$LAB_ROOT/pid/$1.pid"; } 2>/dev/null || return 1
  # (one that ended before its start time could be read has none)
  [ -n "$pid" ] && [ -n "$started" ] && [ "$(process_start "$pid")" = "$started" ] || return 1
  echo "$pid"
}
alive() { daemon_pid "$1" >/dev/null; }
paused() { local pid; pid=$(daemon_pid "$1") && grep -q '^State:.T' "/proc/$pid/status"; }

start_daemon() {
  local name=$1 pid
  alive "$name" && return 0
  daemon_command "$name" || die "no daemon is called $name (lab status names them)"
  # Output goes to the log only: whoever holds the caller's pipe open would keep "lab up | tee" from ending.
  # The file descriptors above 2 are closed for the same reason.
  (
    for fd in /proc/self/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || [ "$fd" -ge 200 ] || eval "exec $fd>&-"; done
    cd / && exec setsid nohup "${COMMAND[@]}"
  ) >>"$LAB_ROOT/log/$name.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid $(process_start "$pid" || true)" >"$LAB_ROOT/pid/$name.pid"
}

# signal_daemon SIGNAL NAME: to the whole process group (an API's workers are children of its first process)
signal_daemon() {
  local pid
  pid=$(daemon_pid "$2") || return 1
  kill "-$1" -- "-$pid" 2>/dev/null || kill "-$1" "$pid" 2>/dev/null
}

# stop_daemon NAME [SECONDS]: TERM, and KILL after a while. A paused one must go on, or it would never see the TERM.
stop_daemon() {
  local name=$1 limit=${2:-15} pid
  if pid=$(daemon_pid "$name"); then
    signal_daemon TERM "$name" || true
    signal_daemon CONT "$name" || true
    for _ in $(seq $((limit * 10))); do alive "$name" || break; sleep 0.1; done
    if alive "$name"; then signal_daemon KILL "$name" || true; sleep 0.2; fi
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$LAB_ROOT/pid/$name.pid"
}

# wait_daemon NAME SECONDS COMMAND...: like wait_for, but ends at once when the daemon has died
wait_daemon() {
  local name=$1 limit=$2 end=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$name" || { echo "$name died; its log: $LAB_ROOT/log/$name.log" >&2; tail -n 15 "$LAB_ROOT/log/$name.log" >&2; return 1; }
    [ "$SECONDS" -lt "$end" ] || { echo "$name: not ready after $limit s; its log: $LAB_ROOT/log/$name.log" >&2; return 1; }
    sleep 0.2
  done
}

# daemon_ready NAME: true when it does its work; what "daemon start" waits for
daemon_ready() {
  case $1 in
    ceph-mon) timeout 5 ceph -s ;;
    ceph-osd.*) timeout 5 ceph osd dump -f json | jq -e --argjson n "${1#ceph-osd.}" '.osds[]|select(.osd==$n)|.up==1' ;;
    radosgw) http_ok http://127.0.0.1:7480/ ;;
    mariadb) mysqladmin --socket="$MYSQL_SOCKET" -uroot ping ;;
    epmd) port_open 4369 ;;
    rabbitmq) port_open 5672 ;;
    memcached) port_open 11211 ;;
    redis) [ "$(redis-cli -h 127.0.0.1 ping)" = PONG ] ;;
    keystone) http_ok http://127.0.0.1:5000/v3 ;;
    placement) http_ok http://127.0.0.1:8778/ ;;
    glance-api) http_ok http://127.0.0.1:9292/ ;;
    cinder-api) http_ok http://127.0.0.1:8776/ ;;
    nova-api) http_ok http://127.0.0.1:8774/ ;;
    neutron-server) http_ok http://127.0.0.1:9696/ ;;
    libvirtd) virsh version ;;
    *) alive "$1" ;;
  esac
}
