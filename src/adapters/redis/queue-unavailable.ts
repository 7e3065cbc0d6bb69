import { RewindError } from '../../domain/errors.ts';

type Meaning = readonly [code: string, words: string, retry: boolean, hint: string];

const AGAIN = 'Try again in a moment.';
const PASSWORD: Meaning = [
  'access-denied',
  'does not take the password',
  false,
  'Look at user and password in the Redis URL.',
];

/** The beginnings of Redis' refusals. Conditions that stay until an operator acts are not retried. */
const MEANINGS: readonly (readonly [said: RegExp, meaning: Meaning])[] = [
  [/^(?:NOAUTH|WRONGPASS)|invalid password|client sent auth|without any password configured/i, PASSWORD],
  [
    /^NOPERM/i,
    ['no-permission', 'does not allow Rewind a command', false, "Give its user '+@all ~bull:*' (ACL SETUSER)."],
  ],
  [
    /^READONLY/i,
    [
      'read-only',
      'is a replica and takes no writes',
      true,
      'Name the primary in the Redis URL; after a failover it may pass by itself.',
    ],
  ],
  [/^OOM|maxmemory/i, ['full', 'has no memory left', true, 'Raise maxmemory; see what else lies in it.']],
  [/^MISCONF/i, ['full', 'cannot save its data and takes no writes', true, 'Its disk may be full: see its log.']],
  [/^NOREPLICAS/i, ['no-replicas', 'has too few replicas and takes no writes', true, 'See min-replicas-to-write.']],
  [/^LOADING/i, ['loading', 'is still reading its data', true, AGAIN]],
  [/^BUSY\b/i, ['busy', 'runs a script that does not end', true, 'SCRIPT KILL there.']],
  [/^MASTERDOWN/i, ['no-primary', 'has lost its primary', true, AGAIN]],
  [
    /^(?:MOVED|ASK|CROSSSLOT|CLUSTERDOWN|TRYAGAIN)\b/i,
    [
      'cluster',
      'is a cluster, which is not supported',
      false,
      'Use a single Redis, or one behind Sentinel or a proxy.',
    ],
  ],
  [/max number of clients/i, ['too-many-clients', 'takes no more connections', true, 'Raise maxclients.']],
  [
    /unknown command|wrong number of arguments/i,
    ['too-old', 'does not know a command', false, 'Redis 6.2 or later is needed.'],
  ],
  [
    /certificate|self.signed|wrong version number|ssl|tls/i,
    [
      'certificate',
      'shows a certificate that is not to be trusted, or speaks no TLS',
      false,
      'rediss:// in the URL, and the certificate of the server.',
    ],
  ],
  [/ENOTFOUND|EAI_AGAIN/, ['unknown-host', 'has no address', true, 'Look at the Redis URL and at DNS.']],
];

/** `queue.unavailable`, or a more specific code: `queue.unavailable.full`. Always 503: nothing was begun. */
export function queueUnavailable(cause: unknown): RewindError {
  const [code, words, retry, hint] = meaningOf(cause) ?? ['', 'does not answer', true, AGAIN];
  return new RewindError(
    code === '' ? 'queue.unavailable' : `queue.unavailable.${code}`,
    `The job queue ${words}; nothing was begun.`,
    { fault: 'errored', status: 503, retry, hint, cause },
  );
}

/** The meaning of the last error, or of its cause: a connection that is not ready was refused for some reason. */
function meaningOf(error: unknown, depth = 0): Meaning | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined;
  const known = MEANINGS.find(([said]) => said.test(error.message));
  return known?.[1] ?? meaningOf(error.cause, depth + 1);
}
