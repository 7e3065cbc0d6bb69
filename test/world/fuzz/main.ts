// test/fuzz: many generated requests against the API, in this process or somewhere else.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fuzzWorld } from './fuzz-world.ts';
import type { OpenApi, RequestSource } from './requests.ts';
import { runFuzz } from './run-fuzz.ts';

const RESTOCK_EVERY = 500;
const LOOK_EVERY = 10_000;
const MOST_GROWTH_BYTES = 64 * 1024 ** 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    token: { type: 'string', multiple: true },
    id: { type: 'string', multiple: true },
    pid: { type: 'string' },
  },
});
const requests = Number(positionals[0] ?? 100_000);
const seed = Number(positionals[1] ?? Math.floor(Math.random() * 1_000_000));
console.log(`fuzz: ${requests} requests, seed ${seed}`);

const memory = (): number => {
  if (values.pid)
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${values.pid}/status`, 'utf8'))?.[1]) * 1_024;
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const seen: number[] = [];

const world = values.url === undefined ? await fuzzWorld() : undefined;
const each = (number: number): void => {
  if (number % RESTOCK_EVERY === 0) world?.restock();
  if (number % LOOK_EVERY === 0 && (world || values.pid)) seen.push(memory());
};
const begun = performance.now();
const at = new URL(values.url ?? `http://127.0.0.1:${world?.listening.port}`);
const source = world?.source ?? (await elsewhere(at));
const report = await runFuzz({ host: at.hostname, port: Number(at.port) }, source, { requests, seed, each });
world?.restock();
if (world || values.pid) seen.push(memory());
await world?.listening.close(0);

const { bad, ...told } = report;
console.log({ ...told, seconds: Math.round((performance.now() - begun) / 1_000) });
if (seen.length > 0) console.log('MiB:', seen.map((bytes) => Math.round(bytes / 1024 ** 2)).join(' '));
for (const one of bad) console.error(one);
// what is filled once, as caches are, is not growth: the first look is not counted
const growth = (seen.at(-1) ?? 0) - (seen[1] ?? seen[0] ?? 0);
if (growth > MOST_GROWTH_BYTES) console.error(`memory grew by ${growth} bytes`);
process.exit(bad.length > 0 || growth > MOST_GROWTH_BYTES ? 1 : 0);

async function elsewhere(url: URL): Promise<RequestSource> {
  const document = (await (await fetch(new URL('/v1/openapi.json', url))).json()) as OpenApi;
  const nobody = '00000000-0000-4000-8000-000000000001';
  return { document, tokens: [...(values.token ?? []), 'garbage'], ids: values.id ?? [nobody] };
}
