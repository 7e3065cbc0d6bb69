import { expect, it } from '@jest/globals';
import { recordedServer } from '../../world/api/recorded.ts';
import { aBackup } from './examples.ts';
import type { Stores } from './stores.ts';

/** Copies of manifests go with their backup, and come for none that is not there. */
export function manifestCopiesContract(stores: () => Stores): void {
  it('keeps one copy of a manifest, as long as its backup', async () => {
    const { catalogue, manifestCopies } = stores();
    const backup = aBackup();
    await manifestCopies.keep(backup.id, 'too early');
    expect(await manifestCopies.find(backup.id)).toBeUndefined();
    await catalogue.putBackup(backup);
    const long = `ü 💾\n${'x'.repeat(300_000)}\n`;
    await manifestCopies.keep(backup.id, 'first');
    await manifestCopies.keep(backup.id, long);
    expect(await manifestCopies.find(backup.id)).toBe(long);
    await catalogue.updateBackup(backup.id, { name: 'renamed' });
    expect(await manifestCopies.find(backup.id)).toBe(long);
    await catalogue.removeBackup(backup.id);
    expect(await manifestCopies.find(backup.id)).toBeUndefined();
  });

  it('adopts points with their copies and servers; a row that was there stays', async () => {
    const { catalogue, manifestCopies } = stores();
    const [known, fresh] = [aBackup({ name: 'renamed' }), aBackup({ name: 'new' })];
    await catalogue.putBackup(known);
    const points = [{ ...known, name: 'as it was' }, fresh].map((backup) => ({
      ...{ backup, sealed: `sealed ${backup.id}`, server: recordedServer({ name: backup.server_name }) },
    }));
    expect(await catalogue.adoptPoints(points)).toEqual(new Set([fresh.id]));
    expect(await catalogue.adoptPoints(points)).toEqual(new Set());
    expect(await catalogue.adoptPoints([])).toEqual(new Set());
    expect(await catalogue.backup(known.id, null)).toEqual(known);
    for (const { id, project_id } of [known, fresh]) {
      expect(await manifestCopies.find(id)).toBe(`sealed ${id}`);
      expect(await catalogue.recordedServer(id, project_id)).toBeDefined();
    }
  });
}
