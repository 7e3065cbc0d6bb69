import type { z } from 'zod';
import type { Caller } from '../../domain/caller.ts';
import type { Services } from '../services.ts';
import type { HttpSettings } from './http-settings.ts';
import type { ListSpec } from './list/list-spec.ts';
import type { Urls } from './urls.ts';

/** One request, read and checked. */
export interface Call<B = unknown> {
  caller: Caller;
  services: Services;
  params: Record<string, string>;
  query: URLSearchParams;
  body: B;
  urls: Urls;
  /** Version of the API that the client wants for its answer: views ask `atLeast(version, '1.1')`, see docs/api.md. */
  version: string;
  settings: Pick<HttpSettings, 'defaultPage' | 'maxPage'>;
}

export interface Answer {
  status: number;
  body: unknown;
  /** Absolute URL of what a 202 has begun. */
  location?: string;
}

/** Everything there is to know about one endpoint: the pipeline, the OpenAPI document and the tests read it. */
export interface Route<B = unknown> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** `/v1/backups/{backup_id}` */
  path: string;
  operationId: string;
  summary: string;
  /** For acts that change something: their names in the audit. */
  mutates?: { action: string; resourceType: string };
  body?: z.ZodType<B>;
  /** For a body that may be longer than those of all other routes. */
  maxBodyBytes?: number;
  /** For lists only. */
  list?: ListSpec;
  /** True: it reads or computes much, and only a few of these are answered at a time. Lists count without saying so. */
  heavy?: boolean | ((body: B) => boolean);
  /** Names of the query parameters that this route takes; the handler reads them. */
  query?: readonly string[];
  answers: Record<number, z.ZodType>;
  handle(call: Call<B>): Promise<Answer>;
}

/** Gives `handle` the type of its own body. */
export const route = <B>(definition: Route<B>): Route => definition as unknown as Route;
