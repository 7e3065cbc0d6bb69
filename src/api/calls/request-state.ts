import type { Response } from 'express';
import type { Caller } from '../../domain/caller.ts';

/** What the pipeline finds out about one request; kept in `res.locals`, where no client can write. */
export interface RequestState {
  requestId: string;
  globalRequestId: string | null;
  /** The path as it came, including the prefix if there was one. */
  fullPath: string;
  /** The prefix that was removed; '' when there was none. */
  prefix: string;
  /** Version of the API that the request wants for its answer; the minimum until it was negotiated. */
  version: string;
  caller?: Caller;
  /** Template of the matched route; for metrics. */
  route?: string;
  /** What the matched route does, for the audit. */
  mutates?: { action: string; resourceType: string };
  /** True: an act has taken over and writes the audit event itself. */
  reachedService?: boolean;
  errorCode?: string;
}

export const stateOf = (res: Response): RequestState => res.locals as RequestState;
