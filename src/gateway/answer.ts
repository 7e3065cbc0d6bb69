import type { VirtualQcow2 } from '../archive/serving/virtual-qcow2.ts';
import { asRewindError, hasCode, RewindError } from '../domain/errors.ts';
import { diskPath, isToken } from '../domain/targets/served-disk.ts';
import type { Clock, Log } from '../ports/system.ts';
import { DAMAGE_TRIES, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, READS_AT_ONCE } from './gateway-limits.ts';
import { Misses } from './misses.ts';
import type { OpenDisk, OpenDisks } from './open-disks.ts';
import { rangeOf } from './range.ts';
import { Semaphore } from './semaphore.ts';

export interface Asked {
  method: string | undefined;
  url: string | undefined;
  range: string | undefined;
  /** The client's address. */
  from: string;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Record<string, string | number>;
  body: Uint8Array | null;
}

export interface GatewayDeps {
  disks: Pick<OpenDisks, 'find' | 'knows'>;
  clock: Clock;
  log: Log;
}

const PATH = diskPath('');

/**
 * Answers one request. The client is librbd, on which a guest's disk depends, so the answers mean what librbd makes of
 * them:
 * - A 404 is a hole for it: it reads zeros, and later writes them too. So 404 is never sent.
 * - Any other error is an I/O error of the guest. It is sent only for what is final: an address that does not exist
 * (403),
 * stored data that differ from what was written (500).
 * - While no answer comes, the guest waits. So whatever may pass is waited out, however long it takes.
 * Rejects with the signal's reason, and with `gateway.guessing` when a client asked too often for addresses that do not
 * exist.
 */
export function answering(deps: GatewayDeps): (asked: Asked) => Promise<Answer> {
  const turns = new Semaphore(READS_AT_ONCE);
  const misses = new Misses(() => deps.clock.monotonic());
  return async (asked) => {
    const { method, url = '', range, from, signal } = asked;
    if (method !== 'GET' && method !== 'HEAD') return nothing(405, { allow: 'GET, HEAD' });
    const token = url.startsWith(PATH) ? url.slice(PATH.length) : '';
    if (!isToken(token)) return nothing(403);
    // Cut off, not refused: a guest's disk behind the same address must not see an error.
    if (misses.tooMany(from) && !deps.disks.knows(token)) throw guessing();
    try {
      const disk = await patiently(deps, signal, {}, () => deps.disks.find(token));
      if (!disk) {
        misses.add(from);
        return nothing(403);
      }
      const names = { operation_id: disk.served.operation_id, disk_id: disk.served.disk_id };
      const file = await patiently(deps, signal, names, () => opened(deps, disk, token));
      if (!file) return nothing(403);
      if (method === 'HEAD') return { status: 200, headers: headersOf(file.bytes), body: null };
      const wanted = rangeOf(range, file.bytes);
      if (!wanted) return nothing(416, { 'content-range': `bytes */${file.bytes}` });
      const { offset, length } = wanted;
      const body = await patiently(deps, signal, names, () => turns.take(() => file.read(offset, length)));
      const place = { 'content-range': `bytes ${offset}-${offset + length - 1}/${file.bytes}` };
      return { status: 206, headers: { ...headersOf(length), ...place }, body };
    } catch (error) {
      if (hasCode(error, 'archive.damaged')) return nothing(500);
      throw error;
    }
  };
}

const guessing = (): RewindError => new RewindError('gateway.guessing');

/** A disk that could not be opened is opened again at each try. */
async function opened({ disks }: GatewayDeps, disk: OpenDisk, token: string): Promise<VirtualQcow2 | undefined> {
  try {
    return await disk.file;
  } catch {
    return (await disks.find(token))?.file;
  }
}

/** Tries until it works. Only damage is final. */
async function patiently<T>(
  { clock, log }: GatewayDeps,
  signal: AbortSignal,
  names: Record<string, string>,
  act: () => Promise<T>,
): Promise<T> {
  for (let tries = 1, pauseMs = FIRST_PAUSE_MS; ; tries += 1, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      const isFinal = hasCode(error, 'archive.damaged') && tries >= DAMAGE_TRIES;
      const what = isFinal ? 'a disk cannot be served: its data are damaged' : 'a disk cannot be served, trying again';
      log.warn(what, { ...names, err: asRewindError(error) });
      if (isFinal) throw error;
      await clock.sleep(pauseMs, signal);
    }
  }
}

const headersOf = (length: number): Record<string, string | number> => ({
  'content-type': 'application/octet-stream',
  'content-length': length,
  'accept-ranges': 'bytes',
  'cache-control': 'no-store',
});

/** Every refusal looks the same. */
const nothing = (status: number, more: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-length': 0, 'cache-control': 'no-store', ...more },
  body: null,
});
