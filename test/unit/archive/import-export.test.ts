import { describe, expect, it } from '@jest/globals';
import { manifestObject } from '../../../src/archive/format/layout.ts';
import { adoptManifest } from '../../../src/archive/manifests/adopt-manifest.ts';
import { backupOfManifest } from '../../../src/archive/manifests/backup-of-manifest.ts';
import { exportLine, parseExportLine } from '../../../src/archive/manifests/export-line.ts';
import { sealManifest } from '../../../src/archive/manifests/manifest.ts';
import { readManifest } from '../../../src/archive/manifests/manifests.ts';
import { backupId, diskEntry, diskId, id, idsOf, KEY, manifestOf, SERVER, store } from './support/backups.ts';
import { MemoryTarget } from './support/memory-target.ts';
import { data } from './support/streams.ts';

async function lostManifest() {
  const target = new MemoryTarget();
  const run = await store(target, 1, 1, null, 1000, [data(0, 'hello')]);
  const manifest = manifestOf(1, [diskEntry(1, 1, [run])]);
  return { target, manifest, run, sealed: sealManifest(manifest, KEY) };
}
const refusedAs = (code: string) => expect.objectContaining({ code: `vm-backup.${code}` });

describe('a manifest from outside', () => {
  it('is written where it is missing, byte by byte, and taken as it is where it is not', async () => {
    const { target, manifest, sealed } = await lostManifest();
    expect(await adoptManifest(target, sealed, KEY)).toEqual({ manifest, sealed, written: true });
    expect(target.objects.get(manifestObject(idsOf(1)))).toEqual(Uint8Array.from(sealed));
    expect(await adoptManifest(target, sealed, KEY)).toMatchObject({ manifest, written: false });
    expect(await readManifest(target, idsOf(1), KEY)).toEqual(manifest);
  });

  it('is refused when a byte was changed, or when it was sealed with another key', async () => {
    const { target, manifest, sealed } = await lostManifest();
    const forged = Buffer.from(Buffer.from(sealed).toString().replace('dbö', 'dbo'));
    await expect(adoptManifest(target, forged, KEY)).rejects.toEqual(refusedAs('archive.damaged'));
    const foreign = sealManifest(manifest, new Uint8Array(32).fill(8));
    await expect(adoptManifest(target, foreign, KEY)).rejects.toEqual(refusedAs('archive.damaged'));
    expect(target.objects.has(manifestObject(idsOf(1)))).toBe(false);
  });

  it('is refused when what it names is not there, or cut off: then it is not written either', async () => {
    const { target, run, sealed } = await lostManifest();
    const whole = target.objects.get(run.object) as Uint8Array;
    target.objects.set(run.object, whole.subarray(1));
    await expect(adoptManifest(target, sealed, KEY)).rejects.toEqual(refusedAs('archive.missing'));
    target.objects.delete(run.object);
    await expect(adoptManifest(target, sealed, KEY)).rejects.toEqual(refusedAs('archive.missing'));
    expect(target.objects.size).toBe(0);
  });

  it('does not replace another one of the same backup', async () => {
    const { target, manifest, sealed } = await lostManifest();
    const other = sealManifest({ ...manifest, server: { other: 1 } }, KEY);
    await adoptManifest(target, other, KEY);
    await expect(adoptManifest(target, sealed, KEY)).rejects.toEqual(refusedAs('archive.differs'));
  });

  it('is passed over for the one that superseded it, and supersedes an older one', async () => {
    const { target, manifest, sealed } = await lostManifest();
    const second = { ...manifest, generation: 2 };
    const sealedSecond = sealManifest(second, KEY);
    await adoptManifest(target, sealed, KEY);
    expect(await adoptManifest(target, sealedSecond, KEY)).toMatchObject({ manifest: second, written: true });
    expect(await adoptManifest(target, sealed, KEY)).toMatchObject({ manifest: second, written: false });
    expect(await readManifest(target, idsOf(1), KEY)).toEqual(second);
  });

  it('makes the row that the catalogue lost', async () => {
    const { manifest } = await lostManifest();
    const row = backupOfManifest(manifest, { target: 'nfs', operationId: id('f', 1), at: '2026-02-02T00:00:00Z' });
    expect(row).toMatchObject({
      id: backupId(1),
      server_id: SERVER,
      server_name: 'dbö',
      status: 'available',
      target: 'nfs',
      operation_id: id('f', 1),
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-02-02T00:00:00Z',
      disks: [{ id: diskId(1), kind: 'volume', size_bytes: 1000 }],
    });
    expect(JSON.stringify(row)).not.toContain('volume-');
  });
});

describe('a line of an export', () => {
  it('comes back byte by byte', async () => {
    const { sealed } = await lostManifest();
    const line = exportLine({ target: 'nfs', sealed });
    expect(line).not.toContain('\n');
    expect(parseExportLine(line)).toEqual({ target: 'nfs', sealed: Buffer.from(sealed) });
  });

  it.each([
    '',
    'null',
    '{"format":"rewind-export/2","target":"nfs","manifest":""}',
    '{"format":"rewind-export/1","target":"../x","manifest":""}',
    '{"format":"rewind-export/1","target":"nfs","manifest":"","more":1}',
  ])('is refused: %s', (text) => {
    expect(() => parseExportLine(text)).toThrow(refusedAs('export.malformed'));
  });
});
