import { boolean, code, type FieldsOf, integer, oneOf, text, time } from '../fields.ts';
import { TARGET_TYPES } from './target-type.ts';

const shown = true;
const nullable = true;

/** A target as the API shows it: what the settings contain, and what workers last reported about it. */
export const SHOWN_TARGET = {
  name: text({ shown }),
  type: oneOf(TARGET_TYPES, { shown }),
  default: boolean({ shown, means: 'Taken when a request names none' }),
  available: boolean({ nullable, shown, means: 'Null: no worker has told for some minutes' }),
  fail_code: code({ nullable, shown }),
  total_bytes: integer({ nullable, shown, means: 'Null where the target does not tell, as a bucket' }),
  free_bytes: integer({ nullable, shown }),
  reported_at: time({ nullable, shown }),
};

export type ShownTarget = FieldsOf<typeof SHOWN_TARGET>;
