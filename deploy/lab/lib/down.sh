# shellcheck shell=bash
# lab down: stop what "lab up" started, by process id. --wipe also removes the cloud's data.

stop_together() { # SECONDS NAME...
  local limit=$1 name; shift
  for name in "$@"; do stop_daemon "$name" "$limit" & done
  wait
}

# Through Nova where it still answers: after the next "up" it then knows what is stopped.
stop_servers() {
  local name
  for name in "${DAEMONS[@]}"; do ! paused "$name" || signal_daemon CONT "$name"; done
  for name in keystone nova-api nova-conductor nova-compute rabbitmq mariadb ceph-mon; do alive "$name" || return 0; done
  timeout 90 python3 "$LAB_HOME/seed/stop_servers.py" || echo "   not every server could be stopped through Nova" >&2
}

# What still runs is asked to shut down, so that its file systems are whole at the next start; then its power is cut.
# nova-compute is gone by now: it would take a guest that stops for its user's wish.
stop_guests() {
  local name end
  alive libvirtd || return 0
  for name in $(virsh -q list --name); do
    [[ $name == instance-* ]] && { virsh -q shutdown "$name" --mode agent,acpi >/dev/null 2>&1 & }
  done
  wait
  end=$((SECONDS + 15))
  while [ "$SECONDS" -lt "$end" ] && [[ $(virsh -q list --name) == *instance-* ]]; do sleep 0.5; done
  for name in $(virsh -q list --name --all); do
    [[ $name == instance-* ]] || continue
    virsh -q destroy "$name" >/dev/null 2>&1 || true
  done
}

# What libvirt remembers of this cloud. By its files, since libvirtd may have been down already: a next cloud counts its
# servers from instance-00000001 again, and libvirt refuses a known name with a new id.
forget_guests() {
  local secret
  secret=$(cat "$LAB_ROOT/etc/rbd-secret-uuid" 2>/dev/null) || secret=none
  rm -f /etc/libvirt/secrets/"$secret".{xml,base64} /etc/libvirt/qemu/instance-*.xml /var/lib/libvirt/qemu/save/instance-* \
    /var/log/libvirt/qemu/instance-*
}

# The DHCP agent's dnsmasq processes, and the name spaces, bridges and taps that the agents made.
remove_network() {
  local file name
  for file in "$LAB_ROOT"/data/neutron/dhcp/*/pid; do
    [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null && rm -f "$file"
  done
  for name in $(ip netns list | awk '/^qdhcp-/{print $1}'); do ip netns del "$name"; done
  # named after the first digits of a network's or port's id; anybody else's bridges and taps are left alone
  for name in $(ip -br link | awk '{sub(/@.*/, "", $1); print $1}'); do
    [[ ! $name =~ ^(brq|tap)[0-9a-f]{8}-[0-9a-f]{2}$ ]] || ip link del "$name" 2>/dev/null || true
  done
}

# The linuxbridge agent writes its chains into this machine's own packet filter.
remove_packet_filter() {
  local table tool set rules
  for tool in iptables ip6tables; do
    for table in raw filter mangle nat; do
      rules=$("$tool-save" -t "$table" 2>/dev/null) || continue
      [[ $rules != *neutron-* ]] || grep -v neutron- <<<"$rules" | "$tool-restore" -T "$table"
    done
  done
  # (a set that the kernel still counts as used stays, which is harmless)
  for set in $(ipset list -n 2>/dev/null | grep '^NIPv' || true); do ipset destroy "$set" 2>/dev/null || true; done
}

# Privileged helpers of the agents (oslo.privsep, rootwrap) outlive their parents; they carry our daemons' session ids.
stop_helpers() { # SESSION...
  local process stat
  for process in /proc/[0-9]*; do
    stat=$(cat "$process/stat" 2>/dev/null) || continue
    stat=${stat##*) }
    # shellcheck disable=SC2086
    case " $* " in *" $(cut -d' ' -f4 <<<"$stat") "*) kill "${process#/proc/}" 2>/dev/null || true ;; esac
  done
}

lab_down() {
  local mode=keep sessions
  case ${1:-} in '') ;; --wipe) mode=wipe ;; *) die "down takes nothing or --wipe" ;; esac
  [ -d "$LAB_ROOT/etc" ] || { echo "there is no lab in $LAB_ROOT"; return 0; }
  SECONDS=0
  exec 9>"$LAB_ROOT/lock"
  flock -n 9 || die "another \"lab up\" or \"lab down\" is at work in $LAB_ROOT"
  # shellcheck source=status.sh
  . "$LAB_HOME/lib/status.sh"
  mapfile -t sessions < <(our_sessions)

  stop_servers
  # what reacts to others goes first, so that nothing takes the rest's end for a fault
  stop_together 10 neutron-dhcp-agent neutron-linuxbridge-agent nova-compute cinder-backup cinder-volume cinder-scheduler \
    nova-scheduler nova-conductor nova-api cinder-api glance-api neutron-server placement keystone
  stop_guests
  if command -v ip >/dev/null; then remove_network; fi
  [ "$mode" != wipe ] || remove_packet_filter
  stop_together 30 libvirtd virtlogd memcached redis rabbitmq mariadb
  stop_daemon radosgw 10
  stop_together 30 epmd ceph-osd.0 ceph-osd.1 ceph-mgr
  stop_daemon ceph-mon 15
  [ "${#sessions[@]}" = 0 ] || stop_helpers "${sessions[@]}"

  if [ "$mode" = wipe ]; then
    forget_guests
    # the packages stay, and the guest's kernel, which is one of them
    find "$LAB_ROOT/data" -mindepth 1 -maxdepth 1 ! -name guest-kernel -exec rm -rf {} +
    rm -rf "${LAB_ROOT:?}"/{etc,tmp,log,pid} "$LAB_ROOT"/openrc-* "$LAB_ROOT/rewind.env"
    # (never another cluster's, which the lab has refused to overwrite)
    if grep -q '^# Written by "lab up"' /etc/ceph/ceph.conf 2>/dev/null; then
      rm -f /etc/ceph/ceph.client.{admin,glance,cinder,cinder-backup,rewind}.keyring /etc/ceph/ceph.conf
    fi
  fi
  echo "down after $SECONDS s$([ "$mode" != wipe ] || echo '; its data are gone')"
}
