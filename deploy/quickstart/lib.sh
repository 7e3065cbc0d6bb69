# shellcheck shell=bash
# What the story needs: sourced by `story`, which sets lab, server, data, logs and token.
rewind=http://127.0.0.1:8790/vm-backup

say() { printf '\n\033[1m[%3ds] %s\033[0m\n' $((SECONDS - began)) "$*"; }
die() { echo "quickstart: $*" >&2; exit 1; }
guest() { "$lab" guest "$@"; }

# wait_for WHAT COMMAND...: polls for at most three minutes
wait_for() {
  local what=$1 end=$((SECONDS + 180)); shift
  until "$@"; do [ $SECONDS -lt $end ] || die "waited in vain: $what"; sleep 0.5; done
}
volume_is() { [ "$(openstack volume show "$1" -f value -c status 2>/dev/null)" = "$2" ]; }
volume_is_gone() { ! openstack volume show "$1" >/dev/null 2>&1; }

# The story may be told again: what its last telling left in the tenant's project goes first.
clean_up_last_story() {
  local old port ports
  drop_snapshots
  for old in $(openstack server list --name "^$server_name\$" -f value -c ID); do
    ports=$(openstack port list --server "$old" -f value -c ID)
    openstack server delete "$old" --wait
    # The port of a server that was made again outlives it.
    for port in $ports; do openstack port delete "$port" 2>/dev/null || true; done
  done
  for old in $(openstack volume list -f json -c ID -c Name | jq -r '.[]|select(.Name|startswith("story-"))|.ID'); do
    wait_for "volume $old free" volume_is "$old" available
    openstack volume delete "$old"
    wait_for "volume $old gone" volume_is_gone "$old"
  done
}

# What a snapshot is on stays in Ceph, whatever is deleted in OpenStack.
drop_snapshots() {
  local old
  for old in $(api GET "/v1/snapshots?server_name=$server_name" | jq -r '.snapshots[].id'); do
    api DELETE "/v1/snapshots/$old" >/dev/null
    wait_for "snapshot $old gone" snapshot_is_gone "$old"
  done
}
snapshot_is_gone() { ! api GET "/v1/snapshots/$1" >/dev/null 2>&1; }

# MAC and fixed addresses, as Neutron has them.
addresses_of() { openstack port list --server "$1" -f json | jq -r '.[]|"\(."MAC Address") \(."Fixed IP Addresses"[0].ip_address)"'; }

# guest_mount SERVER VOLUME DIRECTORY fresh|old: the guest knows a volume by the first 20 characters of its id.
# At boot it mounts every disk by itself under /data; that one is used when it is there.
guest_mount() {
  guest "$1" "
    for i in \$(seq 50); do d=\$(grep -l '^${2:0:20}' /sys/block/vd*/serial 2>/dev/null | head -n 1 | cut -d/ -f4); [ -n \"\$d\" ] && break; sleep 0.2; done
    [ -n \"\$d\" ] || exit 1
    [ $4 = old ] || /sbin/mke2fs -q -t ext4 -E lazy_itable_init=0,nodiscard /dev/\$d </dev/null
    mkdir -p $3; mount -t ext4 /dev/\$d $3; echo \"/dev/\$d on $3\""
}

write_known() {
  guest "$server" "for d in /var/lab /mnt/data /mnt/logs; do dd if=/dev/urandom of=\$d/$1.bin bs=1M count=16 2>/dev/null; done; sync"
}
read_hashes() { guest "$server" "sha256sum /var/lab/$1.bin /mnt/data/$1.bin /mnt/logs/$1.bin"; }
prove() {
  [ "$1" = "$2" ] || { printf 'expected:\n%s\nfound:\n%s\n' "$1" "$2"; die "the data $3 is not what it was"; }
  echo "equal, SHA-256 of 3 files on 3 disks: $3"
}

# api METHOD PATH [BODY]
api() {
  local answer
  answer=$(curl -sS -X "$1" "$rewind$2" -H "X-Auth-Token: $token" -H 'Content-Type: application/json' ${3:+-d "$3"})
  if jq -e 'has("errors")' <<<"$answer" >/dev/null; then jq -r '.errors[]|"\(.code): \(.detail)"' <<<"$answer" >&2; return 1; fi
  echo "$answer"
}
# follow KIND ID: waits for the end, showing progress
follow() {
  local kind=$1 id=$2 now status='' shown=''
  while :; do
    now=$(api GET "/v1/${kind}s/$id" | jq ".$kind")
    status=$(jq -r .status <<<"$now")
    case $status in
      available) return 0 ;;
      error) die "$kind failed: $(jq -r .fail_reason <<<"$now")" ;;
    esac
    now=$(api GET "/v1/operations/$(jq -r .operation_id <<<"$now")" | jq -r '.operation|"\(.progress)% \(.steps[-1].name // "")"')
    [ "$now" = "$shown" ] || { echo "   $now"; shown=$now; }
    sleep 0.5
  done
}
back_up() {
  local t0=$SECONDS body
  body=$(jq -n --arg id "$server" --arg name "story-$1" --argjson more "$2" '{backup:({server_id:$id,name:$name}+$more)}')
  backup=$(api POST /v1/backups "$body" | jq -r .backup.id)
  follow backup "$backup"
  echo "   took $((SECONDS - t0)) s"
}
show_backups() {
  api GET "/v1/backups?server_id=$server&sort=created_at:asc" |
    jq -r '.backups[]|"   \(.name)  \(if .incremental then "incremental" else "full" end)  changed \(.changed_bytes/1048576|floor) MiB, stored \(.stored_bytes/1048576|floor) MiB, \(.disks|length) disks"'
}
# carry_out_restore FIELDS: of the body; sets `restore`
carry_out_restore() {
  local t0=$SECONDS
  restore=$(api POST /v1/restores "$(jq -n --argjson fields "$1" '{restore:$fields}')" | jq -r .restore.id)
  follow restore "$restore"
  echo "   took $((SECONDS - t0)) s, the server runs"
}
restore_in_place() { carry_out_restore "{\"backup_id\":\"$backup\",\"mode\":\"in_place\"}"; }
take_snapshot() {
  snapshot=$(api POST /v1/snapshots "{\"snapshot\":{\"server_id\":\"$server\",\"name\":\"story\"}}" | jq -r .snapshot.id)
  follow snapshot "$snapshot"
  api GET "/v1/snapshots/$snapshot" | jq -r '.snapshot|"   \(.disks|length) disks at one instant (\(.consistency)), the server stood still for \(.paused_ms) ms"'
}
revert_to_snapshot() { carry_out_restore "{\"snapshot_id\":\"$snapshot\",\"mode\":\"in_place\"}"; }
restore_new_server() {
  carry_out_restore "{\"backup_id\":\"$backup\",\"mode\":\"new_server\"}"
  server=$(api GET "/v1/restores/$restore" | jq -r .restore.server_id)
  api GET "/v1/restores/$restore" | jq -r '.restore.differences[]?|"   differs: \(.detail // .)"'
}
# The volume that holds a disk of the backup now.
volume_of_restore() { api GET "/v1/restores/$restore" | jq -r --arg disk "$1" '.restore.volumes[]|select(.disk_id==$disk)|.volume_id'; }
