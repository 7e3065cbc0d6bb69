import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { heldDomainsIn } from '../../../src/adapters/system/held-domain-files.ts';
import type { HeldNote } from '../../../src/ports/held-domains.ts';

const DOMAIN = '11111111-1111-4111-8111-111111111111';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewind-held-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const note: HeldNote = {
  ...{ domain: DOMAIN, hold: 'freeze', stage: 'noted', run: 'boot/3', lateSeconds: 100, clockOffsetMs: null },
};

describe('what is held on this host', () => {
  it('is kept for each hold, with its stage and age, until it is forgotten', async () => {
    const held = heldDomainsIn(join(folder, 'held'));
    expect(await held.all()).toEqual([]);
    await held.note(note);
    await held.note({ ...note, hold: 'pause', clockOffsetMs: -3 });
    held.mark(note, 'asked');
    const all = await heldDomainsIn(join(folder, 'held')).all();
    expect(all).toMatchObject([
      { ...note, stage: 'asked' },
      { ...note, hold: 'pause', clockOffsetMs: -3 },
    ]);
    for (const { ageMs } of all) expect(ageMs).toBeLessThan(5_000);
    await held.forget(DOMAIN, 'freeze');
    expect((await held.all()).map(({ hold }) => hold)).toEqual(['pause']);
    await held.forget(DOMAIN, 'pause');
    await held.forget(DOMAIN, 'pause');
    expect(readdirSync(join(folder, 'held'))).toEqual([]);
  });

  it('is asked for nothing when it was not noted', () => {
    expect(() => heldDomainsIn(folder).mark(note, 'asked')).toThrow('ENOENT');
  });

  it('is known of an agent of an earlier release, and where the note is broken', async () => {
    const held = heldDomainsIn(folder);
    const other = DOMAIN.replaceAll('1', '2');
    writeFileSync(join(folder, DOMAIN), 'freeze');
    writeFileSync(join(folder, `${other}.memory`), '{"stage":"as');
    writeFileSync(join(folder, 'something else'), '');
    utimesSync(join(folder, DOMAIN), new Date(0), new Date(0));
    expect(await held.all()).toMatchObject([
      { domain: DOMAIN, hold: 'freeze', stage: 'asked', run: null },
      { domain: other, hold: 'memory', stage: 'asked', run: null },
    ]);
    await held.forget(DOMAIN, 'freeze');
    await held.forget(other, 'memory');
    expect(readdirSync(folder)).toEqual(['something else']);
  });

  it('was let go when its guard has said so', async () => {
    const held = heldDomainsIn(folder);
    await held.note({ ...note, hold: 'pause' });
    expect(await held.wasLetGo(DOMAIN, 'pause')).toBe(false);
    writeFileSync(held.witness(DOMAIN, 'pause'), "event loop timed out\n\nDomain 'x' resumed\n");
    expect(await held.wasLetGo(DOMAIN, 'pause')).toBe(true);
    // Of an earlier hold that says nothing.
    await held.note({ ...note, hold: 'pause' });
    expect(await held.wasLetGo(DOMAIN, 'pause')).toBe(false);
  });
});
