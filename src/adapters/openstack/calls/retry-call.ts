import type { Clock } from '../../../ports/system.ts';
import { type Http, type HttpAnswer, type HttpRequest, NoAnswer } from './http-client.ts';
import { unavailable } from './openstack-errors.ts';

const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** A service that wants a longer pause counts as unavailable: the step that asked is tried again later. */
const MAX_RETRY_AFTER_MS = 20_000;

/** The connection was never made, so nothing can have been done. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'EAI_AGAIN']);
/**
 * The connection broke: it is harmless to repeat a read. A time-out is not in this list, because it has taken long
 * enough already.
 */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_BAD_RESPONSE', 'EHOSTUNREACH', 'ENETUNREACH']);
const BUSY_STATUSES = new Set([502, 503, 504]);
const TOO_MANY_REQUESTS = 429;

/**
 * Sends a request, and repeats it where that is allowed: reads (and requests marked as repeatable) after broken
 * connections and 502–504; any request that was never sent or was refused with 429. A change with an unknown outcome is
 * never repeated here, since only the caller can check whether it was done. Rejects with `openstack.unavailable`.
 */
export async function sendPatiently(
  http: Http,
  clock: Clock,
  request: HttpRequest,
  repeatable = request.method === 'GET',
): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt === MAX_ATTEMPTS;
    try {
      const answer = await http.send(request);
      const pause = last ? undefined : pauseAfterAnswer(answer, repeatable, attempt);
      if (pause === undefined) return answer;
      await clock.sleep(pause);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (last || !mayRepeat(error, repeatable)) throw unavailable(request.service, error);
      await clock.sleep(backoff(attempt));
    }
  }
}

const mayRepeat = (error: NoAnswer, repeatable: boolean): boolean =>
  NEVER_SENT.has(error.code) || (repeatable && BROKEN.has(error.code));

/** Undefined: the answer is final. */
function pauseAfterAnswer(answer: HttpAnswer, repeatable: boolean, attempt: number): number | undefined {
  const busy = answer.status === TOO_MANY_REQUESTS || (repeatable && BUSY_STATUSES.has(answer.status));
  if (!busy) return undefined;
  const wanted = answer.headers['retry-after'];
  if (wanted === undefined) return backoff(attempt);
  // Seconds only; the date form of RFC 9110 does not occur in OpenStack.
  const ms = Number(wanted) * 1_000;
  return ms >= 0 && ms <= MAX_RETRY_AFTER_MS ? Math.max(ms, FIRST_PAUSE_MS) : undefined;
}

/** Doubles, with some randomness so that workers do not come back in step. */
const backoff = (attempt: number): number => FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
