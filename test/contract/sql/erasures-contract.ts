import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { Stores } from './stores.ts';

/** Which keys were erased on purpose. */
export function erasuresContract(stores: () => Stores): void {
  it('remembers erased keys for ever, however often it is told', async () => {
    const { erasures } = stores();
    const [project, key, other] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await erasures.ofProject(project)).toEqual(new Set());
    await erasures.remember(project, [key], '2026-01-01T00:00:00.000Z');
    await erasures.remember(project, [key, other], '2026-01-02T00:00:00.000Z');
    expect(await erasures.ofProject(project)).toEqual(new Set([key, other]));
    expect(await erasures.ofProject(randomUUID())).toEqual(new Set());
  });
}
