import type { WordedCode } from '../../domain/errors/error-catalogue.ts';
import { RewindError } from '../../domain/errors.ts';

type Meaning = Extract<WordedCode, `queue.unavailable.${string}`> | typeof NOT_SAVED;

/** Its disk is full, not its memory. */
const NOT_SAVED = 'not-saved';

/** The beginnings of Redis' refusals. */
const MEANINGS: readonly (readonly [said: RegExp, meaning: Meaning])[] = [
  [
    /^(?:NOAUTH|WRONGPASS)|invalid password|client sent auth|without any password configured/i,
    'queue.unavailable.access-denied',
  ],
  [/^NOPERM/i, 'queue.unavailable.no-permission'],
  [/^READONLY/i, 'queue.unavailable.read-only'],
  [/^OOM|maxmemory/i, 'queue.unavailable.full'],
  [/^MISCONF/i, NOT_SAVED],
  [/^NOREPLICAS/i, 'queue.unavailable.no-replicas'],
  [/^LOADING/i, 'queue.unavailable.loading'],
  [/^BUSY\b/i, 'queue.unavailable.busy'],
  [/^MASTERDOWN/i, 'queue.unavailable.no-primary'],
  [/^(?:MOVED|ASK|CROSSSLOT|CLUSTERDOWN|TRYAGAIN)\b/i, 'queue.unavailable.cluster'],
  [/max number of clients/i, 'queue.unavailable.too-many-clients'],
  [/unknown command|wrong number of arguments/i, 'queue.unavailable.too-old'],
  [/certificate|self.signed|wrong version number|ssl|tls/i, 'queue.unavailable.certificate'],
  [/ENOTFOUND|EAI_AGAIN/, 'queue.unavailable.unknown-host'],
];

/** `queue.unavailable`, or a more specific code: `queue.unavailable.full`. Always 503: nothing was begun. */
export function queueUnavailable(cause: unknown): RewindError {
  const code = meaningOf(cause) ?? 'queue.unavailable';
  if (code !== NOT_SAVED) return new RewindError(code, { cause });
  return new RewindError(
    'queue.unavailable.full',
    'The job queue cannot save its data and takes no writes; nothing was begun.',
    { hint: 'Its disk may be full: see its log.', cause },
  );
}

/** The meaning of the last error, or of its cause: a connection that is not ready was refused for some reason. */
function meaningOf(error: unknown, depth = 0): Meaning | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined;
  const known = MEANINGS.find(([said]) => said.test(error.message));
  return known?.[1] ?? meaningOf(error.cause, depth + 1);
}
