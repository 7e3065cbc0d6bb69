import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { filesBelow } from './leftovers.ts';
import type { Installation } from './rewind.ts';

const LOOK_MS = 100;
/** A process may become another one by exec. */
const LOOKS_AT_ONE = 3;

/** Hears all that an installation says where others may listen, from now on. */
export interface Listening {
  /** Names of the secrets that were heard, and where. */
  heard(secrets: Readonly<Record<string, Buffer | string>>): Promise<string[]>;
  /** How much there was to listen to. */
  sizes(): Record<string, number>;
  stop(): void;
}

/**
 * Commands to Redis, arguments of all processes, answers of the API; and when asked: logs, database and target. Each
 * secret is looked for as it is, as hex, and as base64.
 */
export async function listen(rewind: Installation, redisUrl: string): Promise<Listening> {
  const said = new Map<string, Set<string>>(['redis', 'processes', 'answers'].map((where) => [where, new Set()]));
  const add = (where: string, text: string) => said.get(where)?.add(text);
  const redis = new Redis(redisUrl);
  const monitor = await redis.monitor();
  monitor.on('monitor', (_time: string, args: string[]) => add('redis', args.join(' ')));
  const call = rewind.call.bind(rewind);
  rewind.call = async <T>(...args: Parameters<Installation['call']>) => {
    const answer = await call<T>(...args);
    add('answers', JSON.stringify([answer.body, [...answer.headers]]));
    return answer;
  };
  const looks = new Map<string, number>();
  const timer = setInterval(() => {
    for (const one of processes(looks)) add('processes', one);
  }, LOOK_MS);
  const corpus = () => {
    const files = [rewind.folder, rewind.target].flatMap((folder) =>
      filesBelow(folder).map((name): [string, Buffer] => [join(folder, name), readFileSync(join(folder, name))]),
    );
    const heard = [...said].flatMap(([where, texts]) =>
      [...texts].map((text): [string, Buffer] => [where, Buffer.from(text)]),
    );
    return [...heard, ...files.filter(([path]) => !path.endsWith('.key'))];
  };
  return {
    async heard(secrets) {
      const found = new Set<string>();
      const all = corpus();
      for (const [name, secret] of Object.entries(secrets)) {
        for (const form of formsOf(secret))
          for (const [where, bytes] of all) if (bytes.includes(form)) found.add(`${name} in ${where}`);
      }
      return [...found];
    },
    sizes: () => Object.fromEntries([...said].map(([where, texts]) => [where, texts.size])),
    stop() {
      clearInterval(timer);
      monitor.disconnect();
      redis.disconnect();
    },
  };
}

function formsOf(secret: Buffer | string): (Buffer | string)[] {
  if (typeof secret === 'string') return [secret];
  const base64 = secret.toString('base64').replace(/=+$/, '');
  return [secret, secret.toString('hex'), secret.toString('hex').toUpperCase(), base64, secret.toString('base64url')];
}

function processes(looks: Map<string, number>): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const before = looks.get(pid) ?? 0;
    if (before >= LOOKS_AT_ONE) continue;
    looks.set(pid, before + 1);
    try {
      if (statSync(`/proc/${pid}`).isDirectory()) found.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    } catch {
      // It ended.
    }
  }
  return found;
}
