import { createHash, randomBytes } from 'node:crypto';

/** A disk of a backup that a gateway serves while an operation lasts. */
export interface ServedDisk {
  operation_id: string;
  /** Of the backup. */
  disk_id: string;
  target: string;
  /** The chain's runs as the manifest tells them, newest first. */
  runs: unknown[];
  /** Of the disk in the backup. */
  size_bytes: number;
  /** Of the image that reads it; not smaller. */
  virtual_bytes: number;
}

/** Of a token, in bytes. */
const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** What makes an address: nobody guesses it, and whoever has it can read the disk. Only its hash is kept. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

export const isToken = (text: string): boolean => TOKEN.test(text);

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Where a gateway serves it. A client remembers the tables of the file it once opened, so the number changes with the
 * file's layout: nobody is ever answered by another one.
 */
export const diskPath = (token: string): string => `/disks/2/${token}`;
