import { createHash, randomBytes } from 'node:crypto';

/** A disk of a backup that a gateway serves while an operation lasts. */
export interface ServedDisk {
  operation_id: string;
  /** Id of the disk in the backup. */
  disk_id: string;
  target: string;
  /** The chain's runs as in the manifest, newest first. */
  runs: unknown[];
  /** Size of the disk in the backup. */
  size_bytes: number;
  /** Size of the image that reads it; not smaller. */
  virtual_bytes: number;
}

/** Length of a token, in bytes. */
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * The secret part of an address: nobody can guess it, and anyone who has it can read the disk. Only its hash is stored.
 */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

export const isToken = (text: string): boolean => TOKEN.test(text);

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * The path at which a gateway serves a disk. A client remembers the tables of the file that it once opened, so the
 * number changes with the file's layout: no client ever gets another layout under the same address.
 */
export const diskPath = (token: string): string => `/disks/2/${token}`;
