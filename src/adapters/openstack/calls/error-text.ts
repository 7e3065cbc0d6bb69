import type { HttpAnswer } from './http-client.ts';
import { type JsonObject, list, object, text } from './read-json.ts';

const MAX_TEXT = 1_000;

export interface UpstreamError {
  /** The service's message, shortened; for logs only, never for tenants. */
  text: string;
  /** The service's own name for the error: `overLimit`, `OverQuota`, `placement.undefined_code`. */
  kind: string | null;
}

/**
 * Reads an error answer in any dialect: API-SIG `errors[]`, Keystone `{error}`, Neutron `{NeutronError}`,
 * Nova and Cinder `{itemNotFound: {code, message}}`, and the HTML or plain text of proxies.
 */
export function upstreamError(answer: HttpAnswer): UpstreamError {
  const body = object(answer.json);
  const said = fromErrors(body) ?? fromNeutron(body) ?? fromFault(body);
  return said ?? { text: shorten(plain(answer.text)), kind: null };
}

function fromErrors(body: JsonObject): UpstreamError | undefined {
  const first = list(body.errors)[0];
  if (first === undefined) return undefined;
  const said = text(first.detail) ?? text(first.title) ?? '';
  return { text: shorten(said), kind: text(first.code) };
}

function fromNeutron(body: JsonObject): UpstreamError | undefined {
  const fault = body.NeutronError;
  if (typeof fault === 'string') return { text: shorten(fault), kind: null };
  const message = text(object(fault).message);
  return message === null ? undefined : { text: shorten(message), kind: text(object(fault).type) };
}

/** Keystone's and Nova's have the same shape: one key with a message under it. */
function fromFault(body: JsonObject): UpstreamError | undefined {
  for (const [kind, fault] of Object.entries(body)) {
    const message = text(object(fault).message);
    if (message !== null) return { text: shorten(message), kind };
  }
  const message = text(body.message);
  return message === null ? undefined : { text: shorten(message), kind: null };
}

function plain(body: string): string {
  return body
    .slice(0, MAX_TEXT * 4)
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const shorten = (said: string): string => (said.length > MAX_TEXT ? `${said.slice(0, MAX_TEXT)}…` : said);
