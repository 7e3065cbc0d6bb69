import type { Fault, Status } from './errors/entry.ts';
import { type ErrorCode, entryOf, type Otherwise, type WordedCode } from './errors/error-catalogue.ts';

export type { Fault } from './errors/entry.ts';
export type { ErrorCode } from './errors/error-catalogue.ts';

/** What is given besides the catalogue's entry of a code. */
type RewindErrorOptions<C extends ErrorCode = ErrorCode> = Otherwise<C> & {
  /** More specific than the catalogue's hint. */
  hint?: string;
  /** For programs: further fields of the answer, which may be shown to a tenant. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
};

/** A code in the form that clients read and that is recorded. */
export const fullCode = <C extends ErrorCode>(code: C): `vm-backup.${C}` => `vm-backup.${code}`;

type Said<C extends ErrorCode> =
  | [words: string, options?: RewindErrorOptions<C>]
  | (C extends WordedCode ? [options?: RewindErrorOptions<C>] : never);

/** An error as it was reported: by another process, perhaps of another release, or by a plan. */
export interface ToldError {
  /** Includes `vm-backup.` */
  code: string;
  reason: string;
  fault: Fault;
  retry?: boolean;
  hint: string | null;
  /** HTTP status. */
  status?: Status;
  details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error type of Rewind. Its codes, with status, fault and hint, are in the catalogue (errors/error-catalogue.ts).
 * `message` may be shown to a tenant: it never contains text from an outside system (that goes into `cause`, which only
 * the log sees).
 */
export class RewindError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'RewindError';
  /** Stable, dotted, lower case; `vm-backup.` is the service type: `vm-backup.archive.damaged`. */
  readonly code: string;
  readonly fault: Fault;
  /** Whether the same act may succeed later without anybody changing anything. */
  readonly retry: boolean;
  /** What the reader can do about it. */
  readonly hint: string | undefined;
  /** HTTP status, when the error answers a request. */
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: C, ...said: Said<C>);
  constructor(told: ToldError);
  constructor(what: ErrorCode | ToldError, first?: string | AnyOptions, second?: AnyOptions) {
    const options = (typeof first === 'string' ? second : first) ?? {};
    const shape = typeof what === 'string' ? shapeOf(what, options) : what;
    super(
      typeof first === 'string' ? first : shape.reason,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = shape.code;
    this.fault = shape.fault;
    this.retry = shape.retry ?? false;
    this.hint = shape.hint ?? undefined;
    this.details = shape.details ?? options.details;
    this.status = shape.status ?? (this.fault === 'failed' ? 409 : 500);
  }
}

/** Options for any code: what its entry does not leave open is ignored. */
interface AnyOptions {
  status?: Status | undefined;
  fault?: Fault | undefined;
  retry?: boolean | undefined;
  hint?: string;
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

function shapeOf(
  code: ErrorCode,
  { fault, retry, status, hint }: AnyOptions,
): Omit<ToldError, 'status'> & { status: Status | undefined } {
  const entry = entryOf(code);
  const { or } = entry;
  return {
    code: fullCode(code),
    reason: entry.words ?? '',
    fault: fault !== undefined && or?.fault?.includes(fault) ? fault : entry.fault,
    retry: (or?.retry ? retry : undefined) ?? entry.retry ?? false,
    hint: hint ?? entry.hint ?? null,
    status: status !== undefined && or?.status?.includes(status) ? status : entry.status,
  };
}

export function asRewindError(error: unknown): RewindError {
  return error instanceof RewindError ? error : new RewindError('internal', { cause: error });
}

/**
 * True when `error` is a RewindError with this code, or with a more specific one: `openstack.over-quota.volumes` is an
 * `openstack.over-quota`.
 */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  if (!(error instanceof RewindError)) return false;
  return error.code === fullCode(code) || error.code.startsWith(`${fullCode(code)}.`);
}

/** `vm-backup.openstack.over-quota.volumes` → `vm-backup.openstack.over-quota`. */
export const generalCode = (code: string): string => code.split('.').slice(0, 3).join('.');
