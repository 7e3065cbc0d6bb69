/**
 * The one error type of Rewind. `message` may be shown to a tenant: it never contains text from an outside
 * system (that goes into `cause`, which only the log sees).
 */
export type Fault =
  /** the tenant can mend it */
  | 'failed'
  /** the operator must */
  | 'errored'
  /** we must */
  | 'bug';

export interface RewindErrorOptions {
  /** Whether the same act may succeed later without anybody changing anything. */
  retry?: boolean;
  fault?: Fault;
  /** What the reader can do about it. */
  hint?: string;
  /** HTTP status, when the error answers a request. */
  status?: number;
  /** For programs: more fields of the answer, which may be shown to a tenant. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

export class RewindError extends Error {
  override readonly name = 'RewindError';
  /** Stable, dotted, lower case; `vm-backup.` is the service type: `vm-backup.chain.base-missing`. */
  readonly code: string;
  readonly fault: Fault;
  readonly retry: boolean;
  readonly hint: string | undefined;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: RewindErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code.startsWith('vm-backup.') ? code : `vm-backup.${code}`;
    this.fault = options.fault ?? 'failed';
    this.retry = options.retry ?? false;
    this.hint = options.hint;
    this.details = options.details;
    this.status = options.status ?? (this.fault === 'failed' ? 409 : 500);
  }
}

export function asRewindError(error: unknown): RewindError {
  if (error instanceof RewindError) return error;
  return new RewindError('internal', 'An internal error occurred.', { fault: 'bug', cause: error });
}

/**
 * True when `error` is a RewindError with this code (given without the `vm-backup.` prefix), or with one that says more:
 * `openstack.over-quota.volumes` is an `openstack.over-quota`.
 */
export function hasCode(error: unknown, code: string): boolean {
  if (!(error instanceof RewindError)) return false;
  return error.code === `vm-backup.${code}` || error.code.startsWith(`vm-backup.${code}.`);
}

/** `vm-backup.openstack.over-quota.volumes` → `vm-backup.openstack.over-quota`. */
export const generalCode = (code: string): string => code.split('.').slice(0, 3).join('.');
