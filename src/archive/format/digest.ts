import { hash } from 'node:crypto';

export const SHA256_BYTES = 32;

export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** Runs here and now, also for a frame: its copy, which a thread would get, costs more than the hash. */
export const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');
