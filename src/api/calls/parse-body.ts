import type { z } from 'zod';
import { badRequest } from './call-errors.ts';

const MAX_ISSUES = 10;
const MAX_DETAIL = 1_000;

/** Rejects with `request.invalid` (400), naming what is wrong and where. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MAX_ISSUES).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  const detail = body === undefined ? 'The request needs a body.' : `The body is invalid. ${issues.join('; ')}`;
  throw badRequest('request.invalid', printable(detail).slice(0, MAX_DETAIL));
}

/** Names of unknown keys are the client's own words. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?').toWellFormed();
