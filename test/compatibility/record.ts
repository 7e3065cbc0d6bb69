import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Crash } from '../world/engine-bench.ts';
import { askHost, fillTables, rowsOf } from './fill-tables.ts';
import type { RecordedOperation } from './recorded.ts';
import { RecordedClock } from './recorded-clock.ts';
import { openRelease, type Release } from './release.ts';
import { type Asked, type Scenario, scenarios } from './scenarios.ts';
import { Scene } from './scene.ts';
import { ROOT_KEY_LINE } from './settings.ts';

/** Of each scenario so many boundaries at most before the point of no return, behind it, and while all is put back. */
const [BEFORE, BEHIND, UNDOING] = [5, 2, 1];
const COMMIT = 'point-of-no-return:after-record';

/**
 * Records what this release leaves behind when it is upgraded: a database, two targets, and the open operations of each
 * recipe, each with the world around it. `node test/compatibility/record.ts FOLDER`
 */
async function main(out: string): Promise<void> {
  const clock = new RecordedClock('2026-01-01T00:00:00Z');
  const [stage, rehearsal] = [await openStage(clock), await openStage(clock)];
  await fillTables(stage.release);
  const recorded: RecordedOperation[] = [];
  for (const scenario of scenarios) recorded.push(...(await record(scenario, clock, stage, rehearsal)));
  const { release, folder } = stage;
  await askHost(release, recorded[0]?.operationId ?? '');
  writeFileSync(join(folder, 'rows.json'), JSON.stringify(await rowsOf(release)));
  writeFileSync(join(folder, 'operations.json'), JSON.stringify(recorded));
  await sql`vacuum into ${sql.lit(join(folder, 'rewind.sqlite'))}`.execute(release.db);
  await release.close();
  await rehearsal.release.close();
  mkdirSync(out, { recursive: true });
  const files = ['first', 'second', 'rewind.sqlite', 'rows.json', 'operations.json'];
  const tar = ['--sort=name', '--owner=0', '--group=0', '--mtime=2026-01-01', '-C', folder, '-cf', '-', ...files];
  execFileSync('sh', [
    '-c',
    'file=$1; shift; tar "$@" | zstd -q -19 --ultra > "$file"',
    'sh',
    join(out, 'recorded.tar.zst'),
    ...tar,
  ]);
  for (const used of [stage, rehearsal]) rmSync(used.folder, { recursive: true });
  console.log(`${recorded.length} open operations`);
}

interface Stage {
  release: Release;
  folder: string;
}

async function openStage(clock: RecordedClock): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'rewind-record-'));
  for (const target of ['first', 'second']) mkdirSync(join(folder, target));
  const keyFile = join(folder, 'root-keys');
  writeFileSync(keyFile, `${ROOT_KEY_LINE}\n`, { mode: 0o600 });
  const database = `sqlite:${join(folder, 'used.sqlite')}`;
  return { folder, release: await openRelease({ database, folder, keyFile, clock }) };
}

interface Begun extends Asked {
  scene: Scene;
}

async function record(
  scenario: Scenario,
  clock: RecordedClock,
  stage: Stage,
  rehearsal: Stage,
): Promise<RecordedOperation[]> {
  const begin = async ({ release, folder }: Stage = stage): Promise<Begun> => {
    const scene = new Scene(release, clock, scenario.scene);
    return { scene, ...(await scenario.ask(scene, folder)) };
  };
  const keep = ({ scene, ...asked }: Begun, place: string, state: RecordedOperation['state']): RecordedOperation => ({
    ...{ name: scenario.name, recipe: scenario.recipe, place: place.replace(/\[.*\]/, '[…]'), state },
    ...{ projectId: scene.projectId, serverId: scene.serverId, sealed: scene.sealed, environment: scene.environment },
    ...{ ceph: scene.ceph.stored(), cloud: scene.cloud.stored(), ...asked },
  });
  const { places } = await dieAt(await begin(rehearsal), -1);
  const end = places.indexOf('finish:before-act') + 1;
  // A recipe that changes nothing has no point of no return.
  const commit = places.includes(COMMIT) ? places.indexOf(COMMIT) : end;
  const kept: RecordedOperation[] = [];
  const both = commit < end ? [commit - 1, commit] : [];
  const before = telling(places, 1, commit - both.length, BEFORE);
  for (const at of [...before, ...both, ...telling(places, commit + 1, end, BEHIND)]) {
    const begun = await begin();
    const { place } = await dieAt(begun, at);
    kept.push(keep(begun, place, at < commit ? 'before' : 'committed'));
  }
  if (commit === end) return kept;
  // Everything up to the point of no return is done, and then put back.
  const cancel = async (begun: Begun, at: number) => {
    await dieAt(begun, commit - 2);
    await begun.scene.release.operations.requestCancel(begun.operationId);
    return dieAt(begun, at);
  };
  const all = (await cancel(await begin(rehearsal), -1)).places;
  const undone = all.indexOf('undo:before-act');
  for (const at of spread(undone, all.indexOf('finish:before-act'), UNDOING)) {
    const begun = await begin();
    kept.push(keep(begun, (await cancel(begun, at)).place, 'undoing'));
  }
  return kept;
}

/** Runs it as one worker that dies at the boundary of this number; never when there is none. */
async function dieAt({ scene, operationId }: Begun, at: number): Promise<{ places: string[]; place: string }> {
  const places: string[] = [];
  const end = await scene.release.execute(operationId, scene.surroundings, (place) => {
    places.push(place);
    if (places.length - 1 === at) throw new Crash();
  });
  const { workflow, failure } = (await scene.release.operations.operation(operationId, null)) ?? {};
  const cancelled = places.includes('undo:before-act');
  if (at < 0 && !cancelled && end !== 'succeeded') throw new Error(`${workflow} ${end}: ${JSON.stringify(failure)}`);
  if (at >= 0 && end !== 'let-go') throw new Error(`${workflow} did not die at ${at} but ${end}`);
  return { places, place: places.at(-1) ?? '' };
}

/**
 * Boundaries from `from` on and below `to` at which something is done and not yet written down; those in the middle of a step
 * first, one of each name.
 */
function telling(places: readonly string[], from: number, to: number, many: number): number[] {
  const names = new Map<string, number>();
  for (let at = from; at < to; at += 1) {
    const name = (places[at] ?? '').replace(/\[.*\]/, '');
    if (!names.has(name)) names.set(name, at);
  }
  const ending = (...ends: string[]) =>
    [...names].filter(([name]) => ends.some((end) => name.endsWith(end))).map(([, at]) => at);
  const usual = ending(':before-act', ':after-act', ':after-record');
  const middle = [...names.values()].filter((at) => !usual.includes(at));
  const chosen = spread(0, middle.length, many).map((index) => middle[index] ?? from);
  const after = ending(':after-act');
  const more = spread(0, after.length, many - chosen.length).map((index) => after[index] ?? from);
  return [...chosen, ...more].sort((a, b) => a - b);
}

/** So many numbers from `from` on and below `to`, apart from each other. */
function spread(from: number, to: number, many: number): number[] {
  const step = (to - from) / Math.max(1, many);
  return [...new Set(Array.from({ length: many }, (_, at) => Math.floor(from + step * (at + 0.5))))].filter(
    (at) => at >= from && at < to,
  );
}

await main(process.argv[2] ?? 'recorded');
