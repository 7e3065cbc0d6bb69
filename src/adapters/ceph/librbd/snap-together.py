"""Opens RBD images and prints `ready`; on the word `snap` it makes one snap on each, all at the same time, and prints `done`.

Arguments: conf, user, seconds that an operation may take, seconds that may be waited for clients that do not answer, snap,
pool and image of each disk. Ends with an errno as `rbd` does, or with 127 where Ceph's own Python packages
(python3-rados, python3-rbd) are missing. An existing snap of this
name was requested earlier and came late: it is of another moment (EEXIST).
"""
import sys
import threading
import time

try:
    import rados
    import rbd
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(127)

ANSWER_MS = 1000


def wait_until_heard(pool, image, end):
    """A snap notifies every client that has the image open, and waits for each: 5 s and more for one that died and has
    not timed out yet (30 s). So a notification that costs nothing is sent first, until all answer: an empty one, which
    means "look at the header".
    """
    while True:
        try:
            return pool.notify('rbd_header.' + image.id(), '', ANSWER_MS)
        except rados.TimedOut:
            if time.monotonic() > end:
                raise


def snap_all(images, name):
    errors = []

    def snap(image):
        try:
            # The caller holds the server: no client has to be asked to stand still.
            image.create_snap(name, rbd.RBD_SNAP_CREATE_SKIP_QUIESCE)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=snap, args=(image,)) for image in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def main(conf, user, seconds, patience, name, *places):
    limits = ('rados_osd_op_timeout', 'rados_mon_op_timeout', 'client_mount_timeout')
    images = []
    with rados.Rados(conffile=conf, rados_id=user, conf={limit: seconds for limit in limits}) as cluster:
        try:
            pools = [cluster.open_ioctx(pool) for pool in places[::2]]
            for pool, image in zip(pools, places[1::2]):
                images.append(rbd.Image(pool, image))
            end = time.monotonic() + float(patience)
            for pool, image in zip(pools, images):
                wait_until_heard(pool, image, end)
            print('ready', flush=True)
            if sys.stdin.readline() == 'snap\n':
                snap_all(images, name)
                print('done', flush=True)
        finally:
            for image in images:
                image.close()


try:
    main(*sys.argv[1:])
except Exception as error:
    print(error, file=sys.stderr)
    sys.exit(min(getattr(error, 'errno', None) or 1, 125))
