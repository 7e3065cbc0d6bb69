import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { HostRequest } from './host-request.ts';
import { sortedText } from './sorted-text.ts';

/** Bytes of the workers' secret, and of each host's key. */
export const HOST_KEY_BYTES = 32;

/**
 * The key of one host: its agent has this one, workers derive each from the secret that only they have. Whoever has it
 * can ask that host and answer for it, and learns nothing of another's.
 */
export const hostKeyOf = (secret: Uint8Array, host: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `rewind host key/1 ${host}`, HOST_KEY_BYTES));

/** What workers use where they were given no secret of its own for hosts: who has the manifest key has it too. */
export const hostSecretOf = (manifestKey: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', manifestKey, new Uint8Array(0), 'rewind host secret/1', HOST_KEY_BYTES));

type Asked = Pick<HostRequest, 'id' | 'operation_id' | 'fence' | 'host' | 'request' | 'expires_at'>;

/** Everything that the agent goes by, under the key of its host. Hex. */
export const sealOfRequest = (key: Uint8Array, asked: Asked): string => {
  const { id, operation_id, fence, host, request, expires_at } = asked;
  return mac(key, { format: 'rewind-host-request/1', id, operation_id, fence, host, request, expires_at });
};

export type HostAnswer = { result: unknown } | { failure: HostRequest['failure'] };

/** What came of this one request, under the key of its host. Hex. */
export const sealOfAnswer = (key: Uint8Array, { id, host }: Pick<HostRequest, 'id' | 'host'>, answer: HostAnswer) =>
  mac(key, { format: 'rewind-host-answer/1', id, host, ...answer });

/** In constant time. */
export const sameSeal = (found: string | null, wanted: string): boolean =>
  found?.length === wanted.length && timingSafeEqual(Buffer.from(found), Buffer.from(wanted));

const mac = (key: Uint8Array, value: Record<string, unknown>): string =>
  createHmac('sha256', key).update(sortedText(value)).digest('hex');
