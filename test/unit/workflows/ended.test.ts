import { expect, test } from '@jest/globals';
import type { Operation, OperationFailure } from '../../../src/domain/operations/operation.ts';
import { workflows } from '../../../src/workflows/recipes.ts';
import { operation } from '../../world/api/rows.ts';

const failure = (code: string): OperationFailure => ({ code, reason: 'r', fault: 'failed', hint: null });
const ended = (one: (typeof workflows)[number], code: string) => {
  const { backup, snapshot, restore } = one.ended(operation({ workflow: one.name }) as Operation, failure(code));
  const resource = backup ?? snapshot ?? restore;
  return resource && 'change' in resource ? resource.change.status : undefined;
};

test('whatever makes something says cancelled when it was cancelled, and error when it failed', () => {
  const making = workflows.filter(({ name }) => /^(create|copy|restore|revert)-/.test(name));
  expect(making).toHaveLength(7);
  for (const one of making) {
    expect([one.name, ended(one, 'vm-backup.operation.cancelled')]).toEqual([one.name, 'cancelled']);
    expect([one.name, ended(one, 'vm-backup.target.full')]).toEqual([one.name, 'error']);
  }
});

test('nothing else does: what it was about stays what it was, or is marked', () => {
  for (const one of workflows.filter(({ name }) => !/^(create|copy|restore|revert)-/.test(name)))
    expect([one.name, ended(one, 'vm-backup.operation.cancelled')]).not.toContain('cancelled');
});
