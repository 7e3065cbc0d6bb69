import { writeFile } from 'node:fs/promises';
import type { Expected } from './recorded.ts';
import { backupRow } from './recorded-rows.ts';
import { manifestObject } from './release.ts';
import { newServerPlan, type Scene, type SceneOptions } from './scene.ts';

/** An operation that was asked for and not begun, and what must be true at its end and when it was put back. */
export interface Asked {
  operationId: string;
  done: Expected;
  undone: Expected;
}

export interface Scenario {
  name: string;
  recipe: string;
  scene?: SceneOptions;
  /** Makes what it acts on, and asks for it. `folder`: of the targets. */
  ask(scene: Scene, folder: string): Promise<Asked>;
}

const HOURS = 3_600_000;

/** Every recipe, some of them in more than one way. */
export const scenarios: readonly Scenario[] = [
  {
    ...{ name: 'a first backup, encrypted', recipe: 'create-backup/1', scene: { sealed: true } },
    ask: async (scene) => {
      const before = scene.asItIs();
      return newBackup(scene, before, await scene.askBackup());
    },
  },
  {
    ...{ name: 'an increment', recipe: 'create-backup/1' },
    async ask(scene) {
      await scene.backup();
      scene.write('second');
      const before = scene.asItIs();
      return newBackup(scene, before, await scene.askBackup());
    },
  },
  {
    ...{ name: 'deletion of a backup that another one builds on', recipe: 'delete-backup/1' },
    async ask(scene) {
      const first = await scene.backup();
      scene.write('second');
      await scene.backup();
      const undone = scene.asItIs({ wanted: [first] });
      const row = upon(scene, first);
      await scene.ask('delete-backup/1', 'backup', row, { backup_id: first }, deleting(first));
      scene.points.delete(first);
      return { operationId: row.operation_id, undone, done: scene.asItIs({ goneBackups: [first] }) };
    },
  },
  {
    ...{ name: 'verification against the source', recipe: 'verify-backup/1', scene: { sealed: true } },
    async ask(scene) {
      await scene.backup();
      scene.write('second');
      const id = await scene.backup();
      const row = upon(scene, id);
      await scene.ask('verify-backup/1', 'backup', row, { backup_id: id, against_source: true }, {});
      return same(scene, row);
    },
  },
  {
    ...{ name: 'repair from the snap of the disk', recipe: 'repair-backup/1' },
    async ask(scene, folder) {
      const id = await scene.backup();
      return brokenBackup(scene, folder, id);
    },
  },
  {
    ...{ name: 'repair from another target', recipe: 'repair-backup/1', scene: { sealed: true } },
    async ask(scene, folder) {
      const id = await scene.backup();
      const copy = await askCopy(scene, id);
      await scene.toItsEnd(copy.operationId);
      return brokenBackup(scene, folder, id);
    },
  },
  {
    ...{ name: 'import of a backup', recipe: 'import-backup/1' },
    async ask(scene) {
      const id = await scene.backup();
      const manifest = await scene.release.manifestCopies.find(id);
      await scene.release.catalogue.removeBackup(id);
      const undone = scene.asItIs();
      const row = { ...scene.row(backupRow, {}), id };
      const input = { backup_id: id, server_id: scene.serverId, target: 'first', manifest };
      await scene.ask('import-backup/1', 'backup', row, input, { backup: row });
      return { operationId: row.operation_id, undone: { ...undone, backups: {} }, done: scene.asItIs() };
    },
  },
  {
    ...{ name: 'a copy with its keys', recipe: 'copy-backup/1', scene: { sealed: true } },
    async ask(scene) {
      await scene.backup();
      scene.write('second');
      return askCopy(scene, await scene.backup());
    },
  },
  {
    ...{ name: 'a compaction', recipe: 'compact-backup/1', scene: { sealed: true } },
    async ask(scene) {
      let newest = '';
      for (const text of ['first', 'second', 'third', 'fourth']) {
        scene.write(text);
        newest = await scene.backup();
      }
      const row = upon(scene, newest);
      const input = { backup_id: newest, server_id: scene.serverId, target: 'first' };
      await scene.ask('compact-backup/1', 'backup', row, input, {});
      return { operationId: row.operation_id, undone: scene.asItIs(), done: scene.asItIs({ mostRuns: 3 }) };
    },
  },
  {
    ...{ name: 'a sweep', recipe: 'sweep-runs/1' },
    async ask(scene) {
      const { serverId, projectId, release } = scene;
      const lost = await scene.backup('first', false);
      await scene.backup('first', false);
      const target = release.targets.get('first');
      const [manifest] = (await release.manifests('first', scene)).filter((one) => one.backup.id === lost);
      await target.remove(manifestObject({ projectId, serverId, backupId: lost }));
      await release.catalogue.removeBackup(lost);
      scene.points.delete(lost);
      const runs = manifest?.disks.flatMap((disk) => disk.runs.map((run) => run.object)) ?? [];
      await release.condemnedRuns.condemn('first', serverId, runs, new Date(scene.now() - 48 * HOURS).toISOString());
      const row = upon(scene, serverId);
      await scene.ask('sweep-runs/1', 'server', row, { server_id: serverId, target: 'first' }, {});
      return { operationId: row.operation_id, undone: scene.asItIs(), done: scene.asItIs({ swept: true }) };
    },
  },
  ...[false, true].map(
    (instant): Scenario => ({
      ...{ name: instant ? 'volumes at once' : 'volumes, attached', recipe: 'restore-volumes/1' },
      ask: async (scene) => {
        const id = await changed(scene);
        const more = { attach_to: scene.serverId, name: null, instant };
        const restore = await scene.askRestore('restore-volumes/1', 'volumes', { backup_id: id }, more);
        const undone = scene.asItIs();
        const restored = { id: restore.id, disks: disksOf(scene, id) };
        const volumes = undone.volumes + Object.keys(restored.disks).length;
        return { operationId: restore.operationId, undone, done: { ...undone, volumes, restored } };
      },
    }),
  ),
  ...[false, true].map(
    (instant): Scenario => ({
      ...{ name: instant ? 'in place, at once' : 'in place', recipe: 'restore-in-place/1', scene: { sealed: instant } },
      ask: async (scene) => inPlace(scene, { backup_id: await changed(scene) }, 'restore-in-place/1', { instant }),
    }),
  ),
  ...(['image', 'volume'] as const).map(
    (root): Scenario => ({
      ...{ name: `a new server, its root on ${root}`, recipe: 'restore-new-server/1', scene: { root } },
      async ask(scene) {
        const id = await changed(scene);
        const of = { backup_id: id, disks: Object.keys(scene.disks()) };
        await scene.lose();
        const more = { plan: newServerPlan(root), instant: root === 'volume' };
        const restore = await scene.askRestore('restore-new-server/1', 'new_server', of, more);
        const undone = scene.asItIs();
        const restored = { id: restore.id, disks: disksOf(scene, id) };
        const volumes = root === 'image' ? 1 : 2;
        return { operationId: restore.operationId, undone, done: { ...undone, servers: 1, volumes, restored } };
      },
    }),
  ),
  ...[false, true].map(
    (memory): Scenario => ({
      ...{ name: memory ? 'a snapshot with memory' : 'a snapshot', recipe: 'create-snapshot/1' },
      async ask(scene) {
        const before = scene.asItIs();
        const { operationId, id } = await scene.askSnapshot(memory);
        const undone = { ...before, goneSnaps: [`rewind-s-${id}`] };
        return { operationId, undone, done: { ...before, snapshots: [id] } };
      },
    }),
  ),
  {
    ...{ name: 'deletion of a snapshot with memory', recipe: 'delete-snapshot/1' },
    async ask(scene) {
      const id = await scene.snapshot(true);
      scene.write('second');
      const next = await scene.snapshot();
      const row = upon(scene, id);
      const snapshotChange = { id, change: { status: 'deleting' } };
      await scene.ask('delete-snapshot/1', 'snapshot', row, { snapshot_id: id }, { snapshotChange });
      const gone = { goneSnapshots: [id], goneSnaps: [`rewind-s-${id}`] };
      const undone = scene.asItIs({ snapshots: [id, next], wanted: [id] });
      return { operationId: row.operation_id, undone, done: scene.asItIs({ snapshots: [next], ...gone }) };
    },
  },
  ...['a rollback', 'a clone', 'a rollback with memory'].map(
    (name): Scenario => ({
      ...{ name, recipe: 'revert-snapshot/1', scene: { rootGiB: name === 'a clone' ? 3 : 1 } },
      async ask(scene) {
        const memory = name.endsWith('memory');
        const then = scene.hashes();
        const id = await scene.snapshot(memory);
        scene.write('second');
        const asked = await inPlace(scene, { snapshot_id: id }, 'revert-snapshot/1', { memory }, !memory);
        const kept = (end: Expected) => ({ ...end, snapshots: [id, ...(end.snapshots ?? [])] });
        return {
          ...asked,
          undone: kept(asked.undone),
          done: kept({ ...asked.done, images: { ...asked.done.images, ...then } }),
        };
      },
    }),
  ),
];

function newBackup(scene: Scene, before: Expected, { operationId, id }: { operationId: string; id: string }): Asked {
  return { operationId, done: scene.asItIs(), undone: { ...before, goneSnaps: [`rewind-b-${id}`] } };
}

const deleting = (id: string) => ({ backupChange: { id, change: { status: 'deleting' } } });

/** For an operation upon a backup that is there. */
const upon = (scene: Scene, id: string): { id: string; operation_id: string } => ({
  ...{ id, operation_id: scene.row((ids) => ids.operation_id, {}) },
});

const same = (scene: Scene, { operation_id }: { operation_id: string }): Asked => ({
  ...{ operationId: operation_id, undone: scene.asItIs(), done: scene.asItIs() },
});

/** A backup, and a server that has gone on since. */
async function changed(scene: Scene): Promise<string> {
  await scene.backup();
  scene.write('second');
  const id = await scene.backup();
  scene.write('third');
  return id;
}

async function askCopy(scene: Scene, source: string): Promise<Asked> {
  const undone = scene.asItIs();
  const row = scene.row(backupRow, { target: 'second', copy_of: source });
  const input = { backup_id: row.id, source_id: source, server_id: scene.serverId, target: 'second' };
  await scene.ask('copy-backup/1', 'backup', row, input, { backup: row });
  scene.points.set(row.id, { target: 'second', disks: disksOf(scene, source) });
  return { operationId: row.operation_id, undone, done: scene.asItIs() };
}

async function brokenBackup(scene: Scene, folder: string, id: string): Promise<Asked> {
  const { release } = scene;
  const manifest = (await release.manifests('first', scene)).find((one) => one.backup.id === id);
  const run = manifest?.disks[0]?.runs[0];
  if (!run) throw new Error('there is nothing to be broken');
  await writeFile(`${folder}/first/${run.object}`, Buffer.alloc(run.stored_bytes));
  const fail = { fail_code: 'vm-backup.archive.damaged', fail_reason: 'It was found damaged.' };
  await release.catalogue.updateBackup(id, { status: 'error', ...fail });
  const undone = scene.asItIs();
  const row = upon(scene, id);
  await scene.ask('repair-backup/1', 'backup', row, { backup_id: id }, {});
  const { [id]: _broken, ...others } = undone.backups;
  return { operationId: row.operation_id, undone: { ...undone, backups: others }, done: scene.asItIs() };
}

/** With a safety snapshot; a volume that came since leaves the server. */
async function inPlace(
  scene: Scene,
  of: { backup_id: string } | { snapshot_id: string },
  recipe: string,
  more: object,
  detaches = true,
): Promise<Asked> {
  const disks = scene.disks();
  const newer = detaches ? scene.addVolume('/dev/vdc') : undefined;
  const safety = scene.row((ids) => ids.id, {});
  const detach = newer === undefined ? [] : [newer];
  const restore = await scene.askRestore(
    recipe,
    'in_place',
    { ...of, disks: Object.keys(disks) },
    {
      ...{ server_id: scene.serverId, start: null, safety_id: safety, detach, ...more },
    },
  );
  const undone = scene.asItIs({ goneSnapshots: [safety], goneSnaps: [`rewind-s-${safety}`] });
  const then = 'backup_id' in of ? disksOf(scene, of.backup_id) : {};
  const images = Object.fromEntries(Object.entries(then).map(([disk, hash]) => [disks[disk] ?? '', hash]));
  const done = { ...scene.asItIs({ snapshots: [safety] }), images: { ...undone.images, ...images } };
  return { operationId: restore.operationId, undone, done };
}

const disksOf = ({ points }: Scene, id: string): Record<string, string> => points.get(id)?.disks ?? {};
