import { cloudCodes } from './cloud-codes.ts';
import type { Entry, Fault, Status } from './entry.ts';
import { hostsCodes } from './hosts-codes.ts';
import { installationCodes } from './installation-codes.ts';
import { newServersCodes } from './new-servers-codes.ts';
import { pointsCodes } from './points-codes.ts';
import { policiesCodes } from './policies-codes.ts';
import { requestCodes } from './request-codes.ts';
import { serversCodes } from './servers-codes.ts';
import { storageCodes } from './storage-codes.ts';
import { storesCodes } from './stores-codes.ts';
import { targetsCodes } from './targets-codes.ts';

/** In the order of docs/api.md. */
export const SECTIONS = [
  ['The request', requestCodes],
  ['Database and queue', storesCodes],
  ['Backups, snapshots, restores, operations', pointsCodes],
  ['On the host of a server', hostsCodes],
  ['Policies', policiesCodes],
  ['Servers and volumes', serversCodes],
  ['New servers', newServersCodes],
  ['Targets', targetsCodes],
  ['Archive and Ceph', storageCodes],
  ['OpenStack', cloudCodes],
  ['The installation', installationCodes],
] as const satisfies readonly (readonly [title: string, codes: Record<string, Entry>])[];

/** Every code that Rewind knows, without `vm-backup.`: what it means, once. */
const CATALOGUE = {
  ...requestCodes,
  ...storesCodes,
  ...pointsCodes,
  ...hostsCodes,
  ...policiesCodes,
  ...serversCodes,
  ...newServersCodes,
  ...targetsCodes,
  ...storageCodes,
  ...cloudCodes,
  ...installationCodes,
};

type Catalogue = typeof CATALOGUE;

export type ErrorCode = keyof Catalogue;

/** What follows `prefix.` in the codes of a family. */
export type ChildOf<P extends string> = ErrorCode extends infer C
  ? C extends `${P}.${infer Child}`
    ? Child
    : never
  : never;

/** Codes whose words are in the catalogue. */
export type WordedCode = { [C in ErrorCode]: Catalogue[C] extends { readonly words: string } ? C : never }[ErrorCode];

type Or<C extends ErrorCode, K extends string> = Catalogue[C] extends {
  readonly or: { readonly [P in K]: readonly (infer V)[] };
}
  ? V
  : never;

/** What may be given where `C` is made: only what its entry leaves open. */
export type Otherwise<C extends ErrorCode> = C extends ErrorCode
  ? {
      status?: Or<C, 'status'> & Status;
      fault?: Or<C, 'fault'> & Fault;
      retry?: Catalogue[C] extends { readonly or: { readonly retry: true } } ? boolean : never;
    }
  : never;

export const entryOf = (code: ErrorCode): Entry => CATALOGUE[code];

/** HTTP status of a request that is refused with this code; `other` counts only where the entry allows it. */
export function statusOfCode(code: ErrorCode, other?: Status): Status {
  const { status, fault, or } = entryOf(code);
  if (other !== undefined && or?.status?.includes(other)) return other;
  return status ?? (fault === 'failed' ? 409 : 500);
}
