export type Fault =
  /** the tenant can mend it */
  | 'failed'
  /** the operator must */
  | 'errored'
  /** we must */
  | 'bug';

/** HTTP status of our API's answer. */
export type Status = 400 | 401 | 403 | 404 | 405 | 406 | 409 | 413 | 414 | 415 | 429 | 431 | 500 | 503;

/** Where a code occurs when no request is refused with it. */
type Place =
  /** an operation ends with it */
  | 'op'
  /** a process does not start */
  | 'start'
  /** a policy's run ends with it */
  | 'run'
  /** a message contains it */
  | 'message'
  | 'log'
  /** `rewind admin` says it */
  | 'admin'
  /** a debt that is not paid */
  | 'debt';

/** What is true of a code wherever it is made. */
export interface Entry {
  /** HTTP status of a request that is refused with it; absent: 409 where the tenant can mend it, otherwise 500. */
  status?: Status;
  fault: Fault;
  /** The same act may succeed later without anybody changing anything. */
  retry?: true;
  /**
   * What the place that makes it may decide, since only it knows: who asked, what was requested, how long it was waited
   * for.
   */
  or?: { status?: readonly Status[]; fault?: readonly Fault[]; retry?: true };
  seen?: readonly Place[];
  /** The text, unless the place gives a more specific one. A tenant may read it. */
  words?: string;
  /** What the reader can do about it, unless the place gives a more specific hint. */
  hint?: string;
  /** For the table in docs/api.md, where hint or words would say too little; Markdown. */
  help?: string;
  /** Page of docs/runbooks, without `.md`. */
  runbook?: string;
}

/** One entry for several children of a code. */
export const each = <const P extends string, const T extends readonly string[], const E extends Entry>(
  prefix: P,
  children: T,
  entry: E,
): { [K in `${P}.${T[number]}`]: E } =>
  Object.fromEntries(children.map((child) => [`${prefix}.${child}`, entry])) as { [K in `${P}.${T[number]}`]: E };
