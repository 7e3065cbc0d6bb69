import { describe, expect, it } from '@jest/globals';
import {
  manifestObject,
  parseManifestObject,
  parseRunObject,
  runObject,
  runsPrefix,
} from '../../../src/archive/layout.ts';
import { backupId, idsOf, PROJECT, place, SERVER } from './support/backups.ts';

describe('names on a target', () => {
  it('are made of ids and read back', () => {
    const run = runObject(place(1), backupId(2), 17);
    expect(run).toBe(`projects/${PROJECT}/servers/${SERVER}/disks/${place(1).diskId}/runs/${backupId(2)}.17`);
    expect(run.startsWith(runsPrefix(place(1)))).toBe(true);
    expect(parseRunObject(run)).toEqual({ ...place(1), backupId: backupId(2), attempt: 17 });
    expect(parseManifestObject(manifestObject(idsOf(3)))).toEqual(idsOf(3));
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
