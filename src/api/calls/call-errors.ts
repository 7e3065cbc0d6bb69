import { type ErrorCode, fullCode, RewindError } from '../../domain/errors.ts';
import { MAX_VERSION, MIN_VERSION } from './http-settings.ts';

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** For requests that are refused before any act sees them. */
export const badRequest = (code: ErrorCode, message: string): RewindError => new RewindError(code, message);

/**
 * Both error formats of OpenStack: API-SIG's `errors`, which tools read, and Keystone's `error`, without which
 * openstacksdk prints only the title.
 */
export function errorBody(error: RewindError, requestId: string, code = error.code): Record<string, unknown> {
  const status = statusOf(error);
  const title = titleOf(status);
  const versions = error.code === fullCode('version.unsupported');
  return {
    errors: [
      {
        request_id: requestId,
        code,
        status,
        title,
        detail: error.message,
        ...(error.hint !== undefined && { hint: error.hint }),
        ...error.details,
        ...(versions && { min_version: MIN_VERSION, max_version: MAX_VERSION }),
        links: [],
      },
    ],
    error: { code: status, title, message: error.hint ? `${error.message} ${error.hint}` : error.message },
  };
}

const titleOf = (status: number): string => TITLES[status] ?? 'Error';

/** One of our own statuses, whatever an error claims: other numbers are not for clients. */
export function statusOf(error: RewindError): number {
  return error.status in TITLES ? error.status : 500;
}

/** Errors of express and its body parser carry `type` and `status`; their messages are not passed on. */
export function toRewindError(error: unknown): RewindError {
  if (error instanceof RewindError) return error;
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  const known = typeof type === 'string' ? PARSER_ERRORS[type] : undefined;
  if (known) return new RewindError(known.code, known.message, { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new RewindError('request.invalid', 'The request is malformed.', { cause: error });
  return new RewindError('internal', { cause: error });
}

const PARSER_ERRORS: Record<string, { code: ErrorCode; message: string }> = {
  'entity.too.large': { code: 'request.too-large', message: 'The body is too large.' },
  'entity.parse.failed': { code: 'request.bad-json', message: 'The body is not valid JSON.' },
  'encoding.unsupported': { code: 'request.media-type', message: 'The body must not be compressed.' },
  'charset.unsupported': { code: 'request.media-type', message: 'The body must be UTF-8.' },
  'request.aborted': { code: 'request.aborted', message: 'The body was not sent in whole.' },
  'request.size.invalid': { code: 'request.invalid', message: 'The body has another length than said.' },
};
