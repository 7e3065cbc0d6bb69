import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../test/world/lab/lab.ts';
import { logIn } from '../../test/world/lab/tenant.ts';
import { atOnce } from './at-once.ts';
import { keptForYears } from './chains.ts';
import { sweep } from './cloud.ts';
import { MIB } from './content.ts';
import { fullBackups, increments, prepare, restores } from './rounds.ts';
import { Subject } from './subject.ts';
import { circumstances, type Limit, load, type Row, tableOf } from './table.ts';

const AIM_MEMORY_MIB = 256;
const number = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const settings = {
  rounds: number('BENCH_ROUNDS', 3),
  increments: number('BENCH_INCREMENTS', 30),
  small: number('BENCH_SMALL_INCREMENTS', 100),
  mebibytes: number('BENCH_MIB', 2048),
};

const began = new Date();
const facts = circumstances();
const loads = [load()];
const who = await logIn(process.env.BENCH_USER ?? 'other');
await sweep(who);
const subject = new Subject(who);
const sealed = new Subject(who, true);
const rows: Row[] = [];
const limits: Limit[] = [];
const notes: string[] = [];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error(`${signal}: cut off, no figures; cleaning up`);
    void cleanUp().finally(() => process.exit(1));
  });
}

const only = process.env.BENCH_ONLY;

async function phase(what: string, act: () => Promise<Row[]>): Promise<void> {
  if (only !== undefined && only !== what) return;
  console.log(`\n${what}`);
  subject.peakMemory();
  rows.push(...(await act()));
  limits.push({
    what: `Peak memory of the worker: ${what}`,
    value: subject.peakMemory(),
    unit: 'MiB',
    aim: AIM_MEMORY_MIB,
  });
  loads.push(load());
}

try {
  await Promise.all([subject.ready(), sealed.ready()]);
  console.log(`${settings.mebibytes} MiB of mixed data`);
  const scene = await prepare(who, { subject, sealed }, settings, notes);
  await phase('full backups', () => fullBackups(scene));
  await phase('increments', () => increments(scene));
  await phase('restores', () => restores(scene));
  await phase('a long chain', () => keptForYears(scene));
  await phase('instant restores', () => atOnce(scene));
  report();
} finally {
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  await subject.end();
  await sealed.end();
  await sweep(who);
}

function report(): void {
  const table = tableOf(rows, limits);
  console.log(`\n${table}\n\n${notes.join('\n')}`);
  if (process.env.BENCH_KEEP_FIGURES || only !== undefined) return;
  const all = [...facts, `Load of the machine (1 min) before and after each part: ${loads.join(', ')}`];
  const text = `# Figures

Written by \`bench/run\` on ${began.toISOString().slice(0, 16).replace('T', ' ')} UTC; do not edit. Everything is done on the lab's real cloud
(\`deploy/lab\`): Rewind is asked through its API, with its worker in a process of its own, and compared with stock
tools in the same run, turn by turn. Times are medians; the ratio is the median of the rounds' own ratios, with the
lowest and the highest. On a machine that does other things too only the ratios mean something.

${all.map((fact) => `- ${fact}`).join('\n')}

${table}

What was compared:

${[...explained(settings.mebibytes * MIB), ...notes].map((note) => `- ${note}`).join('\n')}
`;
  writeFileSync(join(PROJECT_ROOT, 'docs/figures.md'), text);
}

function explained(sizeBytes: number): string[] {
  return [
    `The disk: a Cinder volume of ${sizeBytes / 2 ** 30} GiB, full of data: a third random, a third text-like, a third of low entropy, in turns of 4 MiB. It is the only disk of a stopped server that boots from it, so a backup of the server is a backup of this disk and of nothing else.`,
    'Export step, fill step: the step of the operation that moves the data (`export-disk`, `fill-draft`), by the times in `GET /v1/operations/{id}`. It includes starting `rbd`, all checks and the last fsync.',
    'Encrypted: the same by another installation of Rewind whose `archive.encryption.mode` is `required`, in the same turns.',
    'Whole: from the request until the resource is `available`, as a caller sees it who asks every 300 ms: token checks, snapshots, manifest and all; for a restore also making the volume in Cinder and swapping its image.',
    'Bare pipe: `rbd export-diff … - | zstd -1 -T0 > file` of the same image, into the same file system; "synced": plus `sync file`, since Rewind says done only when the data is on the disk. The way back: `rbd create`, then `zstd -d < file | rbd import-diff`.',
    'Cinder: `POST /backups` of a detached volume with the same content, until `available`. It is stored in a pool of the same Ceph cluster, uncompressed, by librbd; Rewind stores compressed files in a directory.',
    'Instant restore: mode `in_place` of the root disk of a stopped server, `start`, `instant`; from the request until the guest agent answers. Plain boot: `os-start` of the same server, until then. What the aim says is the difference.',
    'Peak memory: VmHWM of the worker process, reset before each part. The `rbd` processes it starts are not in it.',
  ];
}
