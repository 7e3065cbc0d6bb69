#!/usr/bin/python3
"""The RADOS gateway's pools. It would make them itself, each with more placement groups than two OSDs need."""
import json

import rados

POOLS = [".rgw.root"]
POOLS += ["default.rgw." + name for name in ("log", "control", "meta", "buckets.index", "buckets.non-ec", "buckets.data")]
# for the second placement
POOLS += ["second.rgw.buckets.data"]


def command(cluster, prefix, **arguments):
    code, _, message = cluster.mon_command(json.dumps({"prefix": prefix, **arguments}), b"")
    if code != 0:
        raise SystemExit(f"{prefix}: {message}")


with rados.Rados(conffile="") as ceph:
    for pool in POOLS:
        command(ceph, "osd pool create", pool=pool, pg_num=4, pgp_num=4)
        command(ceph, "osd pool application enable", pool=pool, app="rgw")
