import { z } from 'zod';

const MAX_NAME = 255;
const MAX_DESCRIPTION = 1_000;
const MAX_METADATA = 64;

/** Characters that could forge a line or control a terminal. */
const CONTROL = /\p{Cc}/u;
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\n\t]/u;

const wellFormed = (text: string): boolean => text.isWellFormed();

const line = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !CONTROL.test(text), 'must not contain control characters')
    .refine(wellFormed, 'must be well-formed Unicode');

/** An id of our own kind, and of Nova's and Cinder's: 8-4-4-4-12 hex digits in lower case, any version. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a UUID')
  .meta({ format: 'uuid' });

export const name = line(MAX_NAME).min(1);

export const description = z
  .string()
  .max(MAX_DESCRIPTION)
  .refine((text) => !CONTROL_EXCEPT_LINES.test(text), 'must not contain control characters')
  .refine(wellFormed, 'must be well-formed Unicode');

export const metadata = z
  .record(line(MAX_NAME).min(1), line(MAX_NAME))
  .refine((map) => Object.keys(map).length <= MAX_METADATA, `must not have more than ${MAX_METADATA} entries`);

export const targetName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be the name of a target');

/** An id of Keystone: usually 32 hex digits. */
export const keystoneId = z.string();

export const time = z.string().meta({ format: 'date-time', example: '2026-01-31T12:00:00.000Z' });

/** Progress of the work on a thing, percent. */
export const progress = z.int().min(0).max(100);

/** Body of a 204. */
export const noAnswer = z.undefined();

export const links = z.array(z.strictObject({ rel: z.string(), href: z.string() }));

/** Links of a list: `next` when there is more. */
export const pageLinks = z.array(z.strictObject({ rel: z.literal('next'), href: z.string() }));

export const count = z.int().min(0).optional().meta({ description: 'Of all pages together, with with_count=true' });
