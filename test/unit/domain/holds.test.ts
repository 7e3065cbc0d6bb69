import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { sqlJournal } from '../../../src/adapters/sql/operations/sql-journal.ts';
import { sqlOperations } from '../../../src/adapters/sql/operations/sql-operations.ts';
import { type HeldThings, HOLDS, holdsOf } from '../../../src/domain/operations/holds.ts';
import type { WorkflowName } from '../../../src/domain/operations/operation.ts';
import type { Clock } from '../../../src/ports/system.ts';
import { workflows } from '../../../src/workflows/recipes.ts';
import { operation } from '../../world/api/rows.ts';
import { freshDatabase } from '../../world/fresh-database.ts';

/** An operation as it may be asked for, about one server. */
interface Asked {
  workflow: WorkflowName;
  things: HeldThings;
}

const [SERVER, OTHER, VOLUME] = [randomUUID(), randomUUID(), randomUUID()];
const [BACKUP, OLDER, SNAPSHOT, EARLIER] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const of = { serverId: SERVER, volumeIds: [VOLUME] };

const ASKED = {
  backup: { workflow: 'create-backup/1', things: of },
  delete: { workflow: 'delete-backup/1', things: { ...of, backupId: BACKUP } },
  verify: { workflow: 'verify-backup/1', things: { ...of, backupId: BACKUP } },
  'verify beside disks': { workflow: 'verify-backup/1', things: { ...of, backupId: BACKUP, readsDisks: true } },
  import: { workflow: 'import-backup/1', things: of },
  repair: { workflow: 'repair-backup/1', things: { ...of, backupId: BACKUP } },
  copy: { workflow: 'copy-backup/1', things: { ...of, backupId: BACKUP } },
  compact: { workflow: 'compact-backup/1', things: of },
  sweep: { workflow: 'sweep-runs/1', things: of },
  volumes: { workflow: 'restore-volumes/1', things: { serverId: SERVER, backupId: BACKUP } },
  'volumes attached': {
    workflow: 'restore-volumes/1',
    things: { serverId: SERVER, backupId: BACKUP, attachTo: SERVER },
  },
  'volumes of a snapshot': { workflow: 'restore-volumes/1', things: { serverId: SERVER, snapshotId: SNAPSHOT } },
  'in place': { workflow: 'restore-in-place/1', things: { ...of, backupId: BACKUP } },
  'new server': { workflow: 'restore-new-server/1', things: { serverId: SERVER, backupId: BACKUP } },
  'new server of a snapshot': { workflow: 'restore-new-server/1', things: { serverId: SERVER, snapshotId: SNAPSHOT } },
  snapshot: { workflow: 'create-snapshot/1', things: of },
  'delete snapshot': { workflow: 'delete-snapshot/1', things: { ...of, snapshotId: SNAPSHOT } },
  revert: { workflow: 'revert-snapshot/1', things: { ...of, snapshotId: SNAPSHOT } },
} satisfies Record<string, Asked>;

type Name = keyof typeof ASKED;
const NAMES = Object.keys(ASKED) as Name[];

/** Who only reads what lies on targets. */
const READERS: Name[] = ['verify', 'volumes', 'new server'];
const CHANGES_SERVER: Name[] = [
  ...(['backup', 'delete', 'repair', 'volumes attached', 'in place', 'snapshot', 'delete snapshot', 'revert'] as const),
];
const USES_TARGET: Name[] = [
  ...([
    'backup',
    'verify',
    'verify beside disks',
    'import',
    'copy',
    'volumes',
    'volumes attached',
    'in place',
  ] as const),
  'new server',
];
const REMOVES_FROM_TARGET: Name[] = ['delete', 'repair', 'sweep'];
const CLONES_SNAPS: Name[] = ['volumes of a snapshot', 'new server of a snapshot'];

/** What the pairs should be, said apart from the table: by what the operations do to the world. */
function excludes(one: Name, other: Name): boolean {
  const both = (some: readonly Name[], others: readonly Name[]) =>
    (some.includes(one) && others.includes(other)) || (some.includes(other) && others.includes(one));
  return (
    both(CHANGES_SERVER, [...CHANGES_SERVER, 'verify beside disks']) ||
    both(REMOVES_FROM_TARGET, [...USES_TARGET, ...REMOVES_FROM_TARGET]) ||
    both(CLONES_SNAPS, ['delete snapshot', 'in place', 'revert']) ||
    both(['compact', 'repair', 'sweep'], ['compact', 'repair', 'sweep']) ||
    both(['import', 'copy'], ['import', 'copy'])
  );
}

const bench = async () => {
  const db = await freshDatabase();
  const clock = { now: () => Date.now() } as Clock;
  const [operations, journal] = [sqlOperations(db, clock), sqlJournal(db, clock)];
  const ask = async ({ workflow, things }: Asked) => {
    const asked = operation({ id: randomUUID(), workflow, status: 'queued' });
    await operations.record({ operation: asked, holds: holdsOf(workflow, things) });
    return asked;
  };
  /** As if a worker had ended it. */
  const end = async (id: string) => {
    const fence = (await journal.claim({ id, fence: 0, beat: 0, worker: null }, 'w')) as number;
    await journal.finish(id, fence, { status: 'succeeded', failure: null });
  };
  return { db, operations, ask, end };
};

describe('what operations hold', () => {
  test('every recipe is in the table, and every recipe of the table is tried here', () => {
    expect(Object.keys(HOLDS)).toEqual(expect.arrayContaining(workflows.map(({ name }) => name)));
    expect(new Set(Object.values(ASKED).map(({ workflow }) => workflow))).toEqual(new Set(Object.keys(HOLDS)));
  });

  test('every pair of recipes on one server: refused where one would take from under the other, else side by side', async () => {
    const { db, ask, end } = await bench();
    const wrong: string[] = [];
    for (const one of NAMES) {
      for (const other of NAMES) {
        const first = await ask(ASKED[one]);
        const second = await ask(ASKED[other]).catch((error: { code: string }) => error.code);
        const refused = second === 'vm-backup.server.busy';
        if (refused !== excludes(one, other)) wrong.push(`${other} while ${one}: ${refused ? 'refused' : 'allowed'}`);
        await end(first.id);
        if (typeof second !== 'string') await end(second.id);
      }
    }
    expect(wrong).toEqual([]);
    await db.destroy();
  });

  test('whoever reads a backup does not keep the server from being backed up, snapped, or restored', async () => {
    const { db, ask } = await bench();
    for (const name of READERS) await ask(ASKED[name]);
    await ask(ASKED.backup);
    await expect(ask(ASKED.snapshot)).rejects.toMatchObject({ code: 'vm-backup.server.busy' });
    await db.destroy();
  });

  test('another point of the same server: its snaps may go while clones of others are made', async () => {
    const { db, ask } = await bench();
    await ask(ASKED['volumes of a snapshot']);
    await ask({ workflow: 'delete-snapshot/1', things: { ...of, snapshotId: EARLIER } });
    await expect(ask({ workflow: 'delete-backup/1', things: { ...of, backupId: OLDER } })).rejects.toMatchObject({
      code: 'vm-backup.server.busy',
    });
    await db.destroy();
  });

  test('a volume that a restore replaces is nobody else’s meanwhile, whatever server it is at', async () => {
    const { db, ask } = await bench();
    await ask(ASKED['in place']);
    for (const workflow of [
      'restore-in-place/1',
      'create-backup/1',
      'create-snapshot/1',
      'revert-snapshot/1',
    ] as const) {
      const elsewhere = ask({ workflow, things: { serverId: OTHER, volumeIds: [VOLUME] } });
      await expect(elsewhere).rejects.toMatchObject({ code: 'vm-backup.server.busy' });
    }
    await ask({ workflow: 'create-backup/1', things: { serverId: OTHER, volumeIds: [randomUUID()] } });
    await db.destroy();
  });

  test('the refusal names the operation in the way, what it does and how far it is; nothing of another project', async () => {
    const { db, operations, ask } = await bench();
    const first = await ask(ASKED.delete);
    const mine = await ask(ASKED.verify).catch((error) => error);
    expect(mine.message).toContain('delete-backup, 40 % done');
    expect(mine.hint).toContain(first.id);
    expect(mine.details).toEqual({
      operation: {
        ...{ operation_id: first.id, action: 'delete-backup', status: 'queued', progress: 40 },
        created_at: first.created_at,
      },
    });
    const foreign = operation({ id: randomUUID(), project_id: 'another', status: 'queued' });
    const theirs = await operations
      .record({ operation: foreign, holds: holdsOf('verify-backup/1', ASKED.verify.things) })
      .catch((error) => error);
    expect(theirs).toMatchObject({ code: 'vm-backup.server.busy', details: undefined });
    expect(`${theirs.message} ${theirs.hint}`).not.toContain(first.id);
    await db.destroy();
  });

  test('of many that ask at once for the same thing, readers all get it, and else exactly one', async () => {
    const { db, ask, end } = await bench();
    const readers = await Promise.all(Array.from({ length: 10 }, () => ask(ASKED.verify)));
    for (const { id } of readers) await end(id);
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => ask(ASKED.delete)));
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    await db.destroy();
  });
});
