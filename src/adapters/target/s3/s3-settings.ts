export interface S3Settings {
  /** `https://rgw.example.com`; no path. */
  endpoint: string;
  bucket: string;
  /** Everything lies below it; either '' or without slashes at its ends. */
  prefix: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** PEM; undefined: the authorities that Node knows. */
  ca?: string | undefined;
  /** True: the bucket is in the path of the URL, as RADOS gateways without wildcard DNS need it. */
  pathStyle: boolean;
  /** Tests shorten the times. */
  limits?: Partial<S3Limits>;
}

export interface S3Limits {
  /** Size of the first parts of an upload; beyond `PARTS_OF_A_SIZE` parts they grow. Bytes; S3 wants 5 MiB at least. */
  partBytes: number;
  /** Limits for making a connection, and for one on which nothing moves. Milliseconds. */
  connectMs: number;
  idleMs: number;
  /** How often one call is tried, and the longest pause after the first try; it doubles. Milliseconds. */
  tries: number;
  pauseMs: number;
  /** Number of entries in one page of a list. */
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
