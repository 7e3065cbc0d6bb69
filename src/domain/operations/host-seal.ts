import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { RewindError } from '../errors.ts';
import { sortedText } from '../sorted-text.ts';
import type { HostRequest } from './host-request.ts';

/**
 * What workers and agents say to each other, and mean by it. It is counted on when something is added that the other must
 * understand, so that releases which do not understand each other say so. 1 stood in no seal.
 */
export const HOST_PROTOCOL = 2;

/** Bytes of the workers' secret, and of each host's key. */
const HOST_KEY_BYTES = 32;

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

/** Everything that the agent goes by, under the key of its host. `HOST_PROTOCOL`, a dot, hex. */
export const sealOfRequest = (key: Uint8Array, asked: Asked): string => {
  const { id, operation_id, fence, host, request, expires_at } = asked;
  return mac(key, { format: 'rewind-host-request', id, operation_id, fence, host, request, expires_at });
};

export type HostAnswer = { result: unknown } | { failure: HostRequest['failure'] };

/** What came of this one request, under the key of its host. `HOST_PROTOCOL`, a dot, hex. */
export const sealOfAnswer = (key: Uint8Array, { id, host }: Pick<HostRequest, 'id' | 'host'>, answer: HostAnswer) =>
  mac(key, { format: 'rewind-host-answer', id, host, ...answer });

/** In constant time. */
export const sameSeal = (found: string | null, wanted: string): boolean =>
  found?.length === wanted.length && timingSafeEqual(Buffer.from(found), Buffer.from(wanted));

/** As the columns for it have room; 248 bits of the code are left. */
const SEAL_LENGTH = 64;
const PREFIX = `${HOST_PROTOCOL}.`;
const PROTOCOL_1 = /^[0-9a-f]{64}$/;

/** Whoever wrote it says that he is of another release. It is a claim: what carries it is refused either way. */
export const isOfOtherProtocol = (seal: string | null): boolean =>
  seal !== null && (PROTOCOL_1.test(seal) || (/^\d{1,6}\./.test(seal) && !seal.startsWith(PREFIX)));

/** Worker and agent are not of one release, and what one asks the other does not understand. */
export const otherRelease = (message: string, retry: boolean): RewindError =>
  new RewindError('host.other-release', message, { retry });

const mac = (key: Uint8Array, value: Record<string, unknown>): string => {
  const code = createHmac('sha256', key)
    .update(sortedText({ protocol: HOST_PROTOCOL, ...value }))
    .digest('hex');
  return `${PREFIX}${code}`.slice(0, SEAL_LENGTH);
};
