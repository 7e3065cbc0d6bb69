export interface CephSettings {
  /** Path of ceph.conf. */
  conf: string;
  /** The cephx user without `client.`. */
  user: string;
  /** How long one operation on a monitor or an OSD may take. */
  opTimeoutSeconds: number;
  /** How long a transfer may stand still. */
  stallSeconds: number;
  /** The program, found on PATH; `rbd` unless a test has another. */
  bin?: string;
  /** The program that tells how full pools are; `ceph` unless a test has another. */
  cephBin?: string;
  /** No stream that an image reads from comes over TLS. */
  plainStreams?: boolean;
  /** Python 3 with Ceph's packages; Debian's own unless a test has another. */
  python?: string;
}
