import { hash } from 'node:crypto';

export const SHA256_BYTES = 32;

export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** Runs synchronously, also for a frame: copying it to a thread would cost more than the hash. */
export const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');
