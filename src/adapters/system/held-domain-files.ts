import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { HeldDomains, HeldNote, KeptNote } from '../../ports/held-domains.ts';
import type { Hold } from '../../ports/hypervisor.ts';

const HOLDS = ['pause', 'freeze', 'memory', 'clock'] as const;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** Up to release 1.0 there was one note for each domain, which contained only the kind of hold. */
const NAME = new RegExp(`^(${UUID})(?:\\.(${HOLDS.join('|')}))?$`);
/** A note always has this length: a process that dies while it writes leaves the old one or the new one. */
const NOTE_BYTES = 1_024;
const BOOT = '/proc/sys/kernel/random/boot_id';
/** What `virsh` prints when it has resumed or thawed something. */
const LET_GO = /resumed|Thawed [1-9]/;

const onDisk = z.object({
  stage: z.enum(['noted', 'asked', 'answered']),
  run: z.string().nullable(),
  lateSeconds: z.number(),
  clockOffsetMs: z.number().nullable(),
  since: z.string(),
  boot: z.string(),
  monotonicMs: z.number(),
});

/** One small file for each held domain and hold, in a folder of this host. */
export function heldDomainsIn(folder: string): HeldDomains {
  const path = (domain: string, hold: HeldNote['hold']) => join(folder, `${domain}.${hold}`);
  const witness = (domain: string, hold: Hold) => `${path(domain, hold)}.guard`;
  const readNote = async (name: string): Promise<KeptNote | undefined> => {
    const [, domain, hold] = NAME.exec(name) ?? [];
    if (domain === undefined) return undefined;
    const text = await readFile(join(folder, name), 'utf8').catch((error) => ignoreMissing(error));
    if (text === undefined) return undefined;
    const changed = await stat(join(folder, name)).catch(() => undefined);
    return keptNote(domain, hold as HeldNote['hold'] | undefined, text, changed?.mtime ?? new Date(0));
  };
  return {
    async note(note) {
      await mkdir(folder, { recursive: true, mode: 0o750 });
      if (note.hold !== 'clock') await unlink(witness(note.domain, note.hold)).catch(ignoreMissing);
      const file = await open(path(note.domain, note.hold), 'w', 0o640);
      try {
        await file.writeFile(written(note, new Date()));
        await file.sync();
      } finally {
        await file.close();
      }
      // Only after this is the file's name on the disk too.
      const names = await open(folder, 'r');
      await names.sync().finally(() => names.close());
    },
    mark(note, stage) {
      writeFileSync(path(note.domain, note.hold), written({ ...note, stage }, new Date()), { flag: 'r+' });
    },
    async forget(domain, hold) {
      if (hold !== 'clock') await unlink(witness(domain, hold)).catch(ignoreMissing);
      await unlink(path(domain, hold)).catch(ignoreMissing);
      const older = await readFile(join(folder, domain), 'utf8').catch(() => undefined);
      if (older !== undefined && holdOf(older) === hold) await unlink(join(folder, domain)).catch(ignoreMissing);
    },
    async all() {
      const names = await readdir(folder).catch((error) => ignoreMissing(error) ?? []);
      const notes = await Promise.all(names.map(readNote));
      return notes.filter((note) => note !== undefined);
    },
    witness,
    async wasLetGo(domain, hold) {
      return LET_GO.test(await readFile(witness(domain, hold), 'utf8').catch(() => ''));
    },
  };
}

function written({ domain: _, hold: __, ...note }: HeldNote, now: Date): string {
  const text = JSON.stringify({ ...note, since: now.toISOString(), boot: boot(), monotonicMs: monotonicMs() });
  return `${text.padEnd(NOTE_BYTES - 1)}\n`;
}

function keptNote(domain: string, hold: HeldNote['hold'] | undefined, text: string, changed: Date): KeptNote {
  const parsed = parse(text);
  if (!parsed) {
    // Only the existence of a note is known: it is looked at, and treated like one of an agent before this one.
    const since = changed.toISOString();
    const unknown = { run: null, lateSeconds: 0, clockOffsetMs: null, stage: 'asked' as const };
    return {
      domain,
      hold: hold ?? holdOf(text),
      ...unknown,
      since,
      ageMs: Math.max(0, Date.now() - changed.getTime()),
    };
  }
  const { boot: then, monotonicMs: at, ...note } = parsed;
  return {
    domain,
    hold: hold ?? 'pause',
    ...note,
    ageMs: then === boot() ? monotonicMs() - at : Number.POSITIVE_INFINITY,
  };
}

function parse(text: string): z.infer<typeof onDisk> | undefined {
  try {
    return onDisk.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const holdOf = (text: string): Hold => (['freeze', 'memory'] as const).find((one) => one === text.trim()) ?? 'pause';

/** The same clock for all processes since this boot: each process's own begins with that process. */
const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

function boot(): string {
  try {
    return readFileSync(BOOT, 'utf8').trim();
  } catch {
    return '';
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
