"""Answers questions about RBD images until its input ends. It stays connected, so an answer costs only what the cluster needs.

Arguments: conf, user, seconds that an operation may take, and `plain-streams` where no image reads over TLS. A question
is a line of JSON, `[number, verb, pool, image, …]`; its answer is `{"number": …, "answer": …}` in the shape of
`rbd --format json`, or `{"number": …, "errno": …, "error": …}`; answers come in any order. Ends with an errno as `rbd`
does, or with 127 where Ceph's own Python packages (python3-rados, python3-rbd) are missing.
"""
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

try:
    import rados
    import rbd
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(127)

IN_PARALLEL = 8
FEATURES = {
    1: 'layering', 2: 'striping', 4: 'exclusive-lock', 8: 'object-map', 16: 'fast-diff', 32: 'deep-flatten',
    64: 'journaling', 128: 'data-pool', 256: 'operations', 512: 'migrating', 1024: 'non-primary',
}
STRIPING = 2
# layering, exclusive-lock, object-map, fast-diff, deep-flatten
MADE_WITH = 1 | 4 | 8 | 16 | 32
FLAGS = {1: 'object map invalid', 2: 'fast diff invalid'}


def names_of(bits, names):
    return [name for bit, name in names.items() if bits & bit]


def parent_of(image):
    try:
        parent = image.get_parent_image_spec()
    except rbd.ImageNotFound:
        return {}
    return {'parent': {'pool': parent['pool_name'], 'image': parent['image_name']}}


def info(ioctx, name):
    with rbd.Image(ioctx, name, read_only=True) as image:
        stat = image.stat()
        return {
            'name': name,
            'id': image.id(),
            'size': stat['size'],
            'object_size': stat['obj_size'],
            'features': names_of(image.features(), FEATURES),
            'flags': names_of(image.flags(), FLAGS),
            'create_timestamp': image.create_timestamp().isoformat() + 'Z',
            **parent_of(image),
        }


def status(ioctx, name):
    # An image that is opened read-only gets no watch of ours.
    with rbd.Image(ioctx, name, read_only=True) as image:
        return {'watchers': [{'address': watcher['addr']} for watcher in image.watchers_list()]}


def snap_ls(ioctx, name):
    with rbd.Image(ioctx, name, read_only=True) as image:
        return [
            {'name': snap['name'], 'size': snap['size'], 'protected': image.is_protected_snap(snap['name'])}
            for snap in image.list_snaps()
            if snap['namespace'] == rbd.RBD_SNAP_NAMESPACE_TYPE_USER
        ]


def trash_ls(ioctx):
    # Reads the pool's own list, without opening an image.
    return [
        {'id': one['id'], 'name': one['name'], 'deleted_at': one['deletion_time'].isoformat() + 'Z'}
        for one in rbd.RBD().trash_list(ioctx)
    ]


def mv(ioctx, name, to):
    rbd.RBD().rename(ioctx, name, to)


def layout_of(cluster, ioctx, name):
    # The same as in image-layout.ts.
    try:
        with rbd.Image(ioctx, name, read_only=True) as image:
            features = image.features()
            layout = {'features': features & MADE_WITH, 'order': image.stat()['order']}
            if features & STRIPING:
                layout.update(stripe_unit=image.stripe_unit(), stripe_count=image.stripe_count())
            if image.data_pool_id() not in (ioctx.get_pool_id(), -1):
                # As bytes: the library of Ceph 16 accepts no text here.
                layout['data_pool'] = cluster.pool_reverse_lookup(image.data_pool_id()).encode()
            return layout
    except rbd.ImageNotFound:
        return {}


def migration_prepare(ioctx, cluster, name, source_spec, settings, like=None):
    layout = layout_of(cluster, ioctx, like) if like else {}
    try:
        rbd.RBD().migration_prepare_import(source_spec, ioctx, name, **layout)
    except Exception as error:
        # The message repeats the source's address, which is a secret.
        raise rbd.OSError('error preparing a migration', getattr(error, 'errno', None)) from None
    with rbd.Image(ioctx, name) as image:
        for key, value in settings.items():
            image.config_set(key, value)


VERBS = {'info': info, 'status': status, 'snap ls': snap_ls, 'trash ls': trash_ls, 'mv': mv, 'migration prepare': migration_prepare}


def answer(cluster, number, verb, pool, *words):
    try:
        with cluster.open_ioctx(pool) as ioctx:
            known = (cluster,) if verb == 'migration prepare' else ()
            return {'number': number, 'answer': VERBS[verb](ioctx, *known, *words)}
    except Exception as error:
        errno = getattr(error, 'errno', None) or 1
        return {'number': number, 'errno': errno, 'error': f'({errno}) {os.strerror(errno)}: {error}'}


def connected(conf, user, seconds):
    limits = ('rados_osd_op_timeout', 'rados_mon_op_timeout', 'client_mount_timeout')
    try:
        cluster = rados.Rados(conffile=conf, rados_id=user, conf={limit: seconds for limit in limits})
        cluster.connect()
        return cluster
    except Exception as error:
        raise type(error)(f"couldn't connect to the cluster: {error}", getattr(error, 'errno', None)) from error


def main(conf, user, seconds, *how):
    if 'plain-streams' in how:
        # Otherwise librbd reads all the system's certificates whenever it opens an image with a stream: 50 to 100 ms.
        os.environ['SSL_CERT_FILE'] = os.devnull
    cluster = connected(conf, user, seconds)
    one_at_a_time = threading.Lock()

    def say(question):
        line = json.dumps(answer(cluster, *question))
        with one_at_a_time:
            print(line, flush=True)

    with ThreadPoolExecutor(IN_PARALLEL) as threads:
        for line in sys.stdin:
            threads.submit(say, json.loads(line))
    cluster.shutdown()


try:
    main(*sys.argv[1:])
except Exception as error:
    print(error, file=sys.stderr)
    sys.exit(min(getattr(error, 'errno', None) or 1, 125))
