import { RewindError } from '../domain/errors.ts';
import { redactText } from './redact.ts';

/** An error as a log shows it. */
export interface DescribedError {
  name: string;
  message: string;
  code?: string;
  fault?: string;
  retry?: boolean;
  /** Status of the answer in an HTTP client's error. */
  http_status?: number;
  stack?: string;
  cause?: DescribedError;
}

const MAX_CAUSES = 6;
const MAX_STACK = 4_000;

/**
 * Code, message and chain of causes. Only these are read: an axios error holds the request with its token in
 * `config.headers`, so nothing else of a foreign error is ever copied.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: redactText(plain(error)) };
  const described: DescribedError = { name: error.name, message: redactText(error.message) };
  const { code, response } = error as { code?: unknown; response?: { status?: unknown } };
  if (typeof code === 'string' || typeof code === 'number') described.code = redactText(String(code));
  if (typeof response?.status === 'number') described.http_status = response.status;
  if (error instanceof RewindError) {
    described.fault = error.fault;
    described.retry = error.retry;
  }
  if (needsStack(error) && error.stack) described.stack = redactText(error.stack.slice(0, MAX_STACK));
  if (error.cause !== undefined && depth < MAX_CAUSES) described.cause = describeError(error.cause, depth + 1);
  return described;
}

/** An expected refusal needs no stack; a bug does. */
function needsStack(error: Error): boolean {
  return !(error instanceof RewindError) || error.fault === 'bug';
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) return '[object]';
  return String(value);
}
