import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { RewindError } from '../errors.ts';
import { sortedText } from '../sorted-text.ts';
import type { HostRequest } from './host-request.ts';

/**
 * Version of what workers and agents say to each other. It is raised when something is added that the other side must
 * understand, so that releases that do not understand each other say so. Version 1 was not in any seal.
 */
export const HOST_PROTOCOL = 2;

/** Bytes of the workers' secret, and of each host's key. */
const HOST_KEY_BYTES = 32;

/**
 * The key of one host: its agent has only this one; workers derive each key from the secret that only they have. Anyone
 * who has it can make requests to that host and answer for it, and learns nothing of other hosts' keys.
 */
export const hostKeyOf = (secret: Uint8Array, host: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), `rewind host key/1 ${host}`, HOST_KEY_BYTES));

/** What workers use where no separate secret for hosts was configured: anyone who has the manifest key has this too. */
export const hostSecretOf = (manifestKey: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', manifestKey, new Uint8Array(0), 'rewind host secret/1', HOST_KEY_BYTES));

type Asked = Pick<HostRequest, 'id' | 'operation_id' | 'fence' | 'host' | 'request' | 'expires_at'>;

/** Covers everything on which the agent acts, under the key of its host. `HOST_PROTOCOL`, a dot, hex. */
export const sealOfRequest = (key: Uint8Array, asked: Asked): string => {
  const { id, operation_id, fence, host, request, expires_at } = asked;
  return mac(key, { format: 'rewind-host-request', id, operation_id, fence, host, request, expires_at });
};

export type HostAnswer = { result: unknown } | { failure: HostRequest['failure'] };

/** Covers the outcome of this one request, under the key of its host. `HOST_PROTOCOL`, a dot, hex. */
export const sealOfAnswer = (key: Uint8Array, { id, host }: Pick<HostRequest, 'id' | 'host'>, answer: HostAnswer) =>
  mac(key, { format: 'rewind-host-answer', id, host, ...answer });

/** Compares in constant time. */
export const sameSeal = (found: string | null, wanted: string): boolean =>
  found?.length === wanted.length && timingSafeEqual(Buffer.from(found), Buffer.from(wanted));

/** The columns have room for this; 248 bits of the code are left. */
const SEAL_LENGTH = 64;
const PREFIX = `${HOST_PROTOCOL}.`;
const PROTOCOL_1 = /^[0-9a-f]{64}$/;

/**
 * Whether its writer claims to be of another release. It is only a claim: a row that makes it is refused either way.
 */
export const isOfOtherProtocol = (seal: string | null): boolean =>
  seal !== null && (PROTOCOL_1.test(seal) || (/^\d{1,6}\./.test(seal) && !seal.startsWith(PREFIX)));

/** Worker and agent are of different releases, and the one does not understand the other's request. */
export const otherRelease = (message: string, retry: boolean): RewindError =>
  new RewindError('host.other-release', message, { retry });

const mac = (key: Uint8Array, value: Record<string, unknown>): string => {
  const code = createHmac('sha256', key)
    .update(sortedText({ protocol: HOST_PROTOCOL, ...value }))
    .digest('hex');
  return `${PREFIX}${code}`.slice(0, SEAL_LENGTH);
};
