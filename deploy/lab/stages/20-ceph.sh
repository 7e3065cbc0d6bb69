#!/bin/bash
# A one-node Ceph 16 by hand: one monitor, one manager, two OSDs, five pools, the keys.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/render.sh
. "$LAB_HOME/lib/render.sh"
# shellcheck source=../lib/daemons.sh
. "$LAB_HOME/lib/daemons.sh"
load_values

# Another cluster's configuration is not ours to overwrite.
if [ -e /etc/ceph/ceph.conf ] && ! grep -q "$FSID" /etc/ceph/ceph.conf && ! grep -q '^# Written by "lab up"' /etc/ceph/ceph.conf; then
  die "/etc/ceph/ceph.conf belongs to another cluster; move it away first"
fi
mkdir -p "$CEPH_DATA/run"
chmod 1777 "$CEPH_DATA/run"
render ceph.conf /etc/ceph/ceph.conf 644
admin_key=/etc/ceph/ceph.client.admin.keyring

# ---- monitor
if [ ! -e "$CEPH_DATA/mon/store.db" ]; then
  rm -rf "$CEPH_DATA/mon" "$LAB_ROOT/tmp/monmap"; mkdir -p "$CEPH_DATA/mon"
  mon_key=$LAB_ROOT/tmp/mon.keyring
  ceph-authtool --create-keyring "$mon_key" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool --create-keyring "$admin_key" --gen-key -n client.admin \
    --cap mon 'allow *' --cap osd 'allow *' --cap mds 'allow *' --cap mgr 'allow *'
  cp "$admin_key" "$LAB_ROOT/etc/ceph.client.admin.keyring"
  ceph-authtool "$mon_key" --import-keyring "$admin_key"
  monmaptool --create --clobber --addv a '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]' --fsid "$FSID" "$LAB_ROOT/tmp/monmap"
  ceph-mon --mkfs -i a --monmap "$LAB_ROOT/tmp/monmap" --keyring "$mon_key"
  rm -f "$mon_key"
fi
# (a lab whose data outlived /etc, as on a machine made again around a kept disk)
[ -s "$admin_key" ] || install -m 600 "$LAB_ROOT/etc/ceph.client.admin.keyring" "$admin_key"
start_daemon ceph-mon
wait_daemon ceph-mon 60 daemon_ready ceph-mon
lap "monitor"

# ---- manager and OSDs
if [ ! -s "$CEPH_DATA/mgr/keyring" ]; then
  mkdir -p "$CEPH_DATA/mgr"
  ceph auth get-or-create mgr.x mon 'allow profile mgr' osd 'allow *' mds 'allow *' -o "$CEPH_DATA/mgr/keyring"
fi
start_daemon ceph-mgr
for id in 0 1; do
  home=$CEPH_DATA/osd.$id
  if [ ! -e "$home/ready" ]; then
    rm -rf "$home"; mkdir -p "$home"
    # an id that an interrupted run has already asked for is given back first
    ceph osd purge-new "$id" --yes-i-really-mean-it 2>/dev/null || true
    uuid=$(uuidgen); key=$(ceph-authtool --gen-print-key)
    echo "{\"cephx_secret\": \"$key\"}" | ceph osd new "$uuid" "$id" -i -
    ceph-authtool --create-keyring "$home/keyring" --name "osd.$id" --add-key "$key"
    ceph-osd -i "$id" --mkfs --osd-uuid "$uuid"
    touch "$home/ready"
  fi
  start_daemon "ceph-osd.$id"
done
for id in 0 1; do wait_daemon "ceph-osd.$id" 90 daemon_ready "ceph-osd.$id"; done
lap "manager, OSDs"

# ---- pools
if ! done_once pools; then
  pools=$(ceph osd pool ls)
  for pool in images volumes vms backups snapshots; do
    grep -qx "$pool" <<<"$pools" || ceph osd pool create "$pool" 8 8
    rbd pool init "$pool"
  done
  # a client that proves who it was before is required; the warning about older clients is switched off with it
  ceph config set mon auth_allow_insecure_global_id_reclaim false
  mark_done pools
fi
pgs_clean() { ceph pg stat -f json | jq -e '[.pg_summary.num_pg_by_state[]|select(.name|startswith("active+clean")|not)]|length==0'; }
wait_for "placement groups active+clean" 120 pgs_clean
lap "pools"

# ---- keys: as in the "Block Devices and OpenStack" chapter of Ceph's documentation; Rewind's own: deploy/ceph/caps.md
client() { # NAME CAPS...
  local file=/etc/ceph/ceph.client.$1.keyring name=client.$1; shift
  # "auth get-or-create" refuses a key whose caps differ, "auth caps" brings an older lab's key up to date
  ceph auth get-or-create "$name" >/dev/null
  ceph auth caps "$name" "$@"
  (umask 027; ceph auth get "$name" -o "$file")
  chmod 640 "$file"
}
if ! done_once ceph-keys "$0" || [ ! -s /etc/ceph/ceph.client.rewind.keyring ]; then
  client glance mon 'profile rbd' osd 'profile rbd pool=images' mgr 'profile rbd pool=images'
  client cinder mon 'profile rbd' \
    osd 'profile rbd pool=volumes, profile rbd pool=vms, profile rbd-read-only pool=images' \
    mgr 'profile rbd pool=volumes, profile rbd pool=vms'
  client cinder-backup mon 'profile rbd' osd 'profile rbd pool=backups' mgr 'profile rbd pool=backups'
  client rewind mon 'profile rbd' \
    osd 'profile rbd pool=volumes, profile rbd pool=vms, profile rbd pool=backups, profile rbd pool=snapshots, profile rbd-read-only pool=images' \
    mgr 'profile rbd pool=volumes, profile rbd pool=vms, profile rbd pool=backups, profile rbd pool=snapshots'
  mark_done ceph-keys "$0"
  lap "keys"
fi
