"""Opens RBD images and says `ready`; at the word `snap` makes one snap on each, all at the same time, and says `done`.

Arguments: conf, user, seconds that an operation may take, snap, pool and image of each disk. Ends with an errno as `rbd`
does, or with 127 where Ceph's own Python packages (python3-rados, python3-rbd) are missing. A snap of the name that is
there already is taken for ours.
"""
import sys
import threading

try:
    import rados
    import rbd
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(127)


def snap_all(images, name):
    errors = []

    def snap(image):
        try:
            image.create_snap(name)
        except rbd.ImageExists:
            pass
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=snap, args=(image,)) for image in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def main(conf, user, seconds, name, *places):
    limits = ('rados_osd_op_timeout', 'rados_mon_op_timeout', 'client_mount_timeout')
    images = []
    with rados.Rados(conffile=conf, rados_id=user, conf={limit: seconds for limit in limits}) as cluster:
        try:
            for pool, image in zip(places[::2], places[1::2]):
                images.append(rbd.Image(cluster.open_ioctx(pool), image))
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
