import { describe, expect, it } from '@jest/globals';
import {
  manifestObject,
  parseManifestObject,
  parseRunObject,
  runObject,
  runsPrefix,
} from '../../../src/archive/format/layout.ts';
import { backupId, idsOf, PROJECT, place, SERVER } from './support/backups.ts';

describe('names on a target', () => {
  it('are made of ids and read back', () => {
    const run = runObject(place(1), backupId(2), 17);
    expect(run).toBe(`projects/${PROJECT}/servers/${SERVER}/disks/${place(1).diskId}/runs/${backupId(2)}.17`);
    expect(run.startsWith(runsPrefix(place(1)))).toBe(true);
    expect(parseRunObject(run)).toEqual({ ...place(1), makerId: backupId(2), attempt: 17 });
    expect(parseManifestObject(manifestObject(idsOf(3)))).toEqual({ ...idsOf(3), generation: 1 });
    expect(parseManifestObject(manifestObject(idsOf(3), 12))).toEqual({ ...idsOf(3), generation: 12 });
    for (const odd of ['manifest.1.json', 'manifest.02.json', 'manifest..json', 'manifest.1000000.json'])
      expect(parseManifestObject(manifestObject(idsOf(3)).replace('manifest.json', odd))).toBeUndefined();
    for (const bad of [0, 1.5, 1_000_000]) expect(() => manifestObject(idsOf(3), bad)).toThrow(/malformed/);
    expect(parseManifestObject(run)).toBeUndefined();
    expect(parseRunObject(`${run}0x`)).toBeUndefined();
    expect(parseRunObject(`${run}\n`)).toBeUndefined();
  });

  it('refuse everything else', () => {
    for (const bad of ['', '..', 'a/b', `${SERVER}/..`, SERVER.toUpperCase(), `${SERVER}\n`, '--all']) {
      expect(() => manifestObject({ ...idsOf(1), backupId: bad })).toThrow(/malformed/);
      expect(() => manifestObject({ ...idsOf(1), serverId: bad })).toThrow(/malformed/);
      expect(() => runsPrefix({ ...place(1), diskId: bad })).toThrow(/malformed/);
      expect(() => manifestObject({ ...idsOf(1), projectId: bad === SERVER ? '' : bad })).toThrow(/malformed/);
    }
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => runObject(place(1), backupId(1), bad)).toThrow();
  });
});
