export interface CephSettings {
  /** Path of ceph.conf. */
  conf: string;
  /** The cephx user, without `client.`. */
  user: string;
  /** How long one operation on a monitor or an OSD may take. */
  opTimeoutSeconds: number;
  /** How long a transfer may stand still. */
  stallSeconds: number;
  /** The program, found on PATH; `rbd` unless a test names another. */
  bin?: string;
  /** The program that reports how full pools are; `ceph` unless a test names another. */
  cephBin?: string;
  /** True: streams that images read from never come over TLS. */
  plainStreams?: boolean;
  /** Python 3 with Ceph's packages; Debian's own unless a test names another. */
  python?: string;
}
