/**
 * Removes what a log must never contain. There are two nets: keys that name a secret, and values that look like one
 * under any key.
 */
export const REDACTED = '[secret]';

const MAX_DEPTH = 8;
const MAX_ITEMS = 200;
const MAX_TEXT = 8_192;

const SECRET_KEY =
  /pass(word|wd|phrase)?$|^token$|[-_]token$|secret|authorization|credential|private[-_]?key|key_?ring|manifest[-_]?key$|^cookie$|set-cookie|^x-subject-token|access[-_]?key/i;
/** Such a key says something about a secret, but is none itself. */
const HARMLESS_KEY = /_(id|seconds|count|file|roles)$/i;

const SECRET_VALUES: [RegExp, string][] = [
  // Fernet tokens of Keystone
  [/gAAAA[A-Za-z0-9_-]{16,}={0,2}/g, REDACTED],
  // Keystone's JWS tokens
  [/eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, REDACTED],
  // cephx keys: 40 characters of base64 that begin with the type and a time
  [/AQ[A-Za-z0-9+/]{30,}={0,2}/g, REDACTED],
  [/((?:x-(?:auth|service|subject|storage)-token|authorization)["']?\s*[:=]\s*["']?)[^\s"',;}]+/gi, `$1${REDACTED}`],
  [/((?:password|passwd|secret|adminpass)["']?\s*[:=]\s*["']?)[^\s"',;}&]+/gi, `$1${REDACTED}`],
  // Addresses of disks at the gateway: anyone who has one can read the disk.
  [/(\/disks\/\d{1,4}\/)[A-Za-z0-9_-]{20,}/g, `$1${REDACTED}`],
  // scheme://user:password@host
  [/([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,200}:)[^\s@/]{1,200}@/gi, `$1${REDACTED}@`],
];

export function redactText(text: string): string {
  const bounded = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return SECRET_VALUES.reduce((clean, [pattern, by]) => clean.replace(pattern, by), bounded);
}

/** A copy without secrets, of bounded depth and size. Never throws, whatever it is given. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  return redactEntries(value, depth);
}

function redactEntries(value: object, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const key of Object.keys(value).slice(0, MAX_ITEMS)) {
    if (key === '__proto__') continue;
    clean[key] = isSecretKey(key) ? REDACTED : redact(read(value, key), depth + 1);
  }
  return clean;
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) && !HARMLESS_KEY.test(key);
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
