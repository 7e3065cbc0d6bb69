import type { Request, Response } from 'express';
import type { HttpSettings } from './http-settings.ts';
import { stateOf } from './request-state.ts';

/** Makes absolute URLs as the client sees this service. */
export interface Urls {
  /** Without a slash at the end. */
  base: string;
  /** `path` begins with a slash: /v1/backups/… */
  to(path: string): string;
  /** Nova's pair of links: one with the version, and a lasting one without it. */
  linksOf(collection: string, id: string): { rel: 'self' | 'bookmark'; href: string }[];
}

const HOST = /^([a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;
const PREFIX = /^(\/[a-z0-9._~-]{1,64}){0,8}$/i;

/** From `public_url`; otherwise from the request, trusting X-Forwarded-* only when configured to. */
export function urlsOf(req: Request, res: Response, settings: HttpSettings): Urls {
  const base = settings.publicUrl ?? baseOf(req, res, settings.trustProxy);
  return {
    base,
    to: (path) => base + path,
    linksOf: (collection, id) => [
      { rel: 'self', href: `${base}/v1/${collection}/${id}` },
      { rel: 'bookmark', href: `${base}/${collection}/${id}` },
    ],
  };
}

function baseOf(req: Request, res: Response, trustProxy: boolean): string {
  const forwarded = (name: string): string | undefined =>
    trustProxy ? req.get(`x-forwarded-${name}`)?.split(',')[0]?.trim() : undefined;
  const proto = forwarded('proto') === 'https' ? 'https' : 'http';
  const host = [forwarded('host'), req.get('host')].find((name) => name !== undefined && HOST.test(name));
  const prefix = forwarded('prefix')?.replace(/\/+$/, '');
  return `${proto}://${host ?? 'localhost'}${prefix && PREFIX.test(prefix) ? prefix : stateOf(res).prefix}`;
}
