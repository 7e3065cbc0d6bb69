#!/bin/bash
# A RADOS gateway: S3 on the lab's Ceph, its user for Rewind, and two buckets whose data lie in different pools.
set -euo pipefail
# shellcheck source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"
# shellcheck source=../lib/render.sh
. "$LAB_HOME/lib/render.sh"
# shellcheck source=../lib/daemons.sh
. "$LAB_HOME/lib/daemons.sh"
load_values

if ! done_once rgw-pools "$LAB_HOME/seed/gateway_pools.py"; then
  python3 "$LAB_HOME/seed/gateway_pools.py"
  mark_done rgw-pools "$LAB_HOME/seed/gateway_pools.py"
fi
if [ ! -s "$CEPH_DATA/rgw/keyring" ]; then
  mkdir -p "$CEPH_DATA/rgw"
  ceph auth get-or-create client.rgw.lab mon 'allow rw' osd 'allow rwx tag rgw *=*' -o "$CEPH_DATA/rgw/keyring"
fi
lap "pools, key"

# The second placement stands for another pool, or another cluster: a bucket made there has its data there.
if ! done_once rgw-placement "$0"; then
  # (the first call makes the default zone and its group)
  radosgw-admin user list >/dev/null
  [[ $(radosgw-admin zonegroup get --rgw-zonegroup default) == *'"second"'* ]] ||
    radosgw-admin zonegroup placement add --rgw-zonegroup default --placement-id second >/dev/null
  radosgw-admin zone placement add --rgw-zone default --placement-id second --data-pool second.rgw.buckets.data \
    --index-pool default.rgw.buckets.index --data-extra-pool default.rgw.buckets.non-ec >/dev/null
  mark_done rgw-placement "$0"
  lap "placement"
fi
start_daemon radosgw
wait_daemon radosgw 60 daemon_ready radosgw
lap "gateway"

# make_bucket NAME BODY. The secret goes through a file, not through arguments that others could see; this curl signs
# the body's hash only where it is told.
make_bucket() {
  local code sum user
  sum=$(printf %s "$2" | sha256sum | cut -d' ' -f1)
  user="user = \"$OBJECTS_KEY:$(cat "$LAB_ROOT/etc/s3-secret")\""
  code=$(curl -s -o /dev/null -m 30 -w '%{http_code}' -K <(echo "$user") -H "x-amz-content-sha256: $sum" \
    --aws-sigv4 aws:amz:us-east-1:s3 -X PUT --data-binary "$2" "http://127.0.0.1:7480/$1")
  # (409: it is there)
  [ "$code" = 200 ] || [ "$code" = 409 ] || die "the bucket $1 cannot be made: $code"
}
if ! done_once rgw-user "$0" "$LAB_ROOT/etc/s3-secret"; then
  radosgw-admin user info --uid rewind >/dev/null 2>&1 ||
    radosgw-admin user create --uid rewind --display-name Rewind --gen-access-key >/dev/null
  radosgw-admin metadata get user:rewind |
    jq --rawfile secret "$LAB_ROOT/etc/s3-secret" --arg key "$OBJECTS_KEY" \
      '.data.keys = [{user: "rewind", access_key: $key, secret_key: $secret}]' |
    radosgw-admin metadata put user:rewind >/dev/null
  make_bucket rewind ''
  make_bucket rewind-second \
    '<CreateBucketConfiguration><LocationConstraint>:second</LocationConstraint></CreateBucketConfiguration>'
  mark_done rgw-user "$0" "$LAB_ROOT/etc/s3-secret"
  lap "user, buckets"
fi
