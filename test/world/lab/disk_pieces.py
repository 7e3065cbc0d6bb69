"""Pieces of 64 MiB, 3 GiB apart, on an image that nobody writes to: `write` fills them with random bytes. Both `write` and
`hash` print the SHA-256 of each."""
import hashlib
import os
import sys

import rados
import rbd

MIB = 1 << 20
FIRST, STEP, LENGTH = 2048 * MIB, 3072 * MIB, 64 * MIB

act, pool, name, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
cluster = rados.Rados(conffile="/etc/ceph/ceph.conf")
cluster.connect()
with cluster.open_ioctx(pool) as pools, rbd.Image(pools, name, read_only=act == "hash") as image:
    for piece in range(count):
        digest = hashlib.sha256()
        for at in range(FIRST + piece * STEP, FIRST + piece * STEP + LENGTH, 4 * MIB):
            data = os.urandom(4 * MIB) if act == "write" else image.read(at, 4 * MIB)
            if act == "write":
                image.write(data, at)
            digest.update(data)
        print(digest.hexdigest())
cluster.shutdown()
