export interface S3Settings {
  /** `https://rgw.example.com`; no path. */
  endpoint: string;
  bucket: string;
  /** Everything lies below it; '' or without slashes at its ends. */
  prefix: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** PEM; undefined: the authorities that Node knows. */
  ca?: string | undefined;
  /** The bucket in the path of the URL, as RADOS gateways without wildcard DNS need it. */
  pathStyle: boolean;
  /** Tests make time short. */
  limits?: Partial<S3Limits>;
}

export interface S3Limits {
  /** A part of an upload, the first ones; beyond `PARTS_OF_A_SIZE` they grow. Bytes; S3 wants 5 MiB at least. */
  partBytes: number;
  /** A connection that is not made for so long, and one on which nothing moves. Milliseconds. */
  connectMs: number;
  idleMs: number;
  /** How often one call is tried, and the longest pause after the first try; it doubles. Milliseconds. */
  tries: number;
  pauseMs: number;
  /** Entries of one page of a list. */
  pageEntries: number;
}

const MIB = 1024 * 1024;

export const S3_LIMITS: S3Limits = {
  partBytes: 16 * MIB,
  connectMs: 10_000,
  idleMs: 60_000,
  tries: 6,
  pauseMs: 400,
  pageEntries: 1000,
};
