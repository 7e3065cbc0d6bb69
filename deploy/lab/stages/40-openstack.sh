#!/bin/bash
# Keystone, Placement, libvirt, Glance, Cinder, Nova, Neutron: one worker each, as root, loopback only.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/render.sh
. "$LAB_HOME/lib/render.sh"
# shellcheck source=../lib/daemons.sh
. "$LAB_HOME/lib/daemons.sh"
load_values

# ---- configuration
mkdir -p "$LAB_ROOT"/data/{nova/instances,glance/staging,glance/tasks,cinder/conversion,neutron} "$LAB_ROOT/etc/keystone"
render keystone.conf /etc/keystone/keystone.conf
render placement.conf /etc/placement/placement.conf
render glance-api.conf /etc/glance/glance-api.conf
render cinder.conf /etc/cinder/cinder.conf
render nova.conf /etc/nova/nova.conf
render neutron.conf /etc/neutron/neutron.conf
for name in ml2_conf linuxbridge_agent; do render $name.ini /etc/neutron/plugins/ml2/$name.ini; done
render dhcp_agent.ini /etc/neutron/dhcp_agent.ini
render libvirtd.conf "$LAB_ROOT/etc/libvirtd.conf"
render qemu.conf /etc/libvirt/qemu.conf
openrc() { # NAME USER PROJECT
  OPENRC_USER=$2 OPENRC_PROJECT=$3 render openrc "$LAB_ROOT/openrc-$1" 600
}
openrc admin admin admin
openrc demo demo demo
openrc other other other
openrc reader reader demo
lap "configuration"

# ---- databases: four chains that do not need each other
if ! done_once schemas; then
  keystone-manage fernet_setup --keystone-user root --keystone-group root
  keystone-manage credential_setup --keystone-user root --keystone-group root
  keystone=http://127.0.0.1:5000/v3
  (keystone-manage db_sync && OS_BOOTSTRAP_PASSWORD=$PASSWORD keystone-manage bootstrap --bootstrap-region-id RegionOne \
    --bootstrap-public-url $keystone --bootstrap-internal-url $keystone --bootstrap-admin-url $keystone) & pids=($!)
  (placement-manage db sync && glance-manage db_sync && cinder-manage db sync) & pids+=($!)
  (nova-manage api_db sync && nova-manage cell_v2 map_cell0 --database_connection "$SQL_URL/nova_cell0" && nova-manage db sync &&
    { [[ $(nova-manage cell_v2 list_cells) == *' cell1 '* ]] || nova-manage cell_v2 create_cell --name cell1; }) & pids+=($!)
  neutron-db-manage --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade head & pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid" || die "a database could not be brought to its schema (above)"; done
  mark_done schemas
  lap "database schemas"
fi

# ---- Keystone, Placement, libvirt
# libvirt keeps what it learnt about qemu only while /dev/kvm is as open to qemu's user as it was then; else it asks qemu
# anew before every start of a guest, which took 80 s. Group ids differ between installations that share a /dev.
if [ -e /dev/kvm ]; then chgrp kvm /dev/kvm && chmod 660 /dev/kvm; fi
for name in keystone placement virtlogd libvirtd; do start_daemon $name; done
wait_daemon keystone 90 daemon_ready keystone
lap "Keystone"
if ! done_once identities "$LAB_HOME/seed/identities.py"; then
  python3 "$LAB_HOME/seed/identities.py"
  mark_done identities "$LAB_HOME/seed/identities.py"
  lap "projects, users, roles, catalogue"
fi
wait_daemon libvirtd 60 daemon_ready libvirtd
# The secret by which QEMU opens disks on Ceph. (libvirt 9 keeps it in /etc/libvirt/secrets over a restart.)
if ! virsh -q secret-get-value "$RBD_SECRET" >/dev/null 2>&1; then
  render rbd-secret.xml "$LAB_ROOT/tmp/rbd-secret.xml"
  virsh -q secret-define "$LAB_ROOT/tmp/rbd-secret.xml"
fi
(umask 077; ceph auth get-key client.cinder | tr -d '\n' >"$LAB_ROOT/tmp/rbd-secret")
virsh -q secret-set-value "$RBD_SECRET" --file "$LAB_ROOT/tmp/rbd-secret"
rm -f "$LAB_ROOT/tmp/rbd-secret"
lap "libvirt"

# ---- the other APIs, then what listens to them
apis=(glance-api cinder-api nova-api neutron-server)
for name in "${apis[@]}" nova-conductor nova-scheduler cinder-scheduler cinder-volume cinder-backup; do start_daemon "$name"; done
for name in placement "${apis[@]}"; do wait_daemon "$name" 180 daemon_ready "$name"; done
lap "APIs"
compute_is_new=1
! alive nova-compute || compute_is_new=
for name in nova-compute neutron-linuxbridge-agent neutron-dhcp-agent; do start_daemon $name; done

# A new compute host must be mapped to its cell, or every server ends with "Host 'lab' is not mapped to any cell".
if ! done_once host-mapped; then
  compute_node() { [ "$(sql -N -e 'select count(*) from nova.compute_nodes')" -gt 0 ]; }
  wait_daemon nova-compute 120 compute_node
  nova-manage cell_v2 discover_hosts
  [[ $(nova-manage cell_v2 list_hosts) == *' lab '* ]] || die "the compute host is not mapped to a cell"
  mark_done host-mapped
fi
if ! python3 "$LAB_HOME/seed/services.py" --wait 120; then
  for name in "${DAEMONS[@]}"; do alive "$name" || note "$name died; its log: $LAB_ROOT/log/$name.log"; done
  die "not every service and agent reports (above)"
fi
lap "services and agents report"

# after a crash of the machine: servers that Nova takes for active, without a guest
if [ -n "$compute_is_new" ]; then
  mapfile -t running < <(virsh -q list --uuid)
  python3 "$LAB_HOME/seed/stop_servers.py" "${running[@]}" || note "some servers are still not stopped"
  lap "servers without a guest stopped"
fi
