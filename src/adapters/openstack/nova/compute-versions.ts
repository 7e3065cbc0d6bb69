import { RewindError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/system.ts';
import { object, text } from '../calls/read-json.ts';
import type { ServiceClient } from '../calls/service-client.ts';

/** Nova may be upgraded while this process runs. */
const BELIEVED_MS = 3_600_000;
/**
 * Train. It has everything that is indispensable: locked_reason (2.73), attachments with delete_on_termination (2.79).
 */
const NEEDED = '2.79';

/** Chooses a microversion among those that a call site knows. */
export interface ComputeVersions {
  /**
   * The newest of `known` that the cloud offers, as the header needs it. Errors: `openstack.too-old` (errored), and
   * those of a read.
   */
  pick(...known: string[]): Promise<string>;
}

/** Asks `GET /v2.1/` once. The links in the answer are not used: endpoints come only from the catalogue. */
export function computeVersions(client: ServiceClient, clock: Clock): ComputeVersions {
  let offer: { max: Promise<string>; until: number } | undefined;
  const offered = async (): Promise<string> => {
    if (offer === undefined || clock.monotonic() >= offer.until)
      offer = { max: readMaximum(client), until: clock.monotonic() + BELIEVED_MS };
    try {
      return await offer.max;
    } catch (error) {
      offer = undefined;
      throw error;
    }
  };
  return {
    async pick(...known) {
      const max = await offered();
      const usable = known.filter((version) => compare(version, max) <= 0).sort(compare);
      const best = usable.at(-1);
      if (best === undefined || compare(max, NEEDED) < 0) throw tooOld(max);
      return `compute ${best}`;
    },
  };
}

async function readMaximum(client: ServiceClient): Promise<string> {
  const body = await client.read({ method: 'GET', path: [] });
  return text(object(body.version).version) ?? '2.1';
}

function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}

function tooOld(max: string): RewindError {
  return new RewindError('openstack.too-old', {
    hint: `Rewind needs compute API ${NEEDED} (Train) or later.`,
    cause: new Error(`the Compute service offers ${max} at most`),
  });
}
