import { badRequest } from './call-errors.ts';
import { MAX_VERSION, MIN_VERSION } from './http-settings.ts';

const VERSION = /^([1-9]\d{0,5})\.([1-9]\d{0,5}|0)$/;

/**
 * The version that a request asks for with `OpenStack-API-Version: vm-backup 1.1`; headers for several services may
 * come joined by commas. Without ours: the minimum. Throws `version.malformed` (400), `version.unsupported` (406).
 * API-SIG: microversion_specification.rst.
 */
export function negotiateVersion(header: string | undefined, serviceType: string): string {
  const wanted = ours(header, serviceType);
  if (wanted === undefined) return MIN_VERSION;
  if (wanted.toLowerCase() === 'latest') return MAX_VERSION;
  if (!VERSION.test(wanted))
    throw badRequest('version.malformed', 'OpenStack-API-Version must name a version like 1.0, or latest.');
  if (compare(wanted, MIN_VERSION) < 0 || compare(wanted, MAX_VERSION) > 0)
    throw badRequest(
      'version.unsupported',
      `This version of the API is not supported; versions ${MIN_VERSION} to ${MAX_VERSION} are.`,
    );
  return wanted;
}

function ours(header: string | undefined, serviceType: string): string | undefined {
  for (const entry of header?.split(',') ?? []) {
    const [type, ...rest] = entry.trim().split(/\s+/);
    if (type?.toLowerCase() === serviceType) return rest.join(' ');
  }
  return undefined;
}

/** Whether this version of the API has what came with `since`. */
export const atLeast = (version: string, since: string): boolean => compare(version, since) >= 0;

function compare(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}
