import { expect, test } from '@jest/globals';
import { refuseOthers } from '../../../src/cli/adopted-point.ts';

const of = (project_id: string) => ({ backup: { project_id } }) as Parameters<typeof refuseOthers>[2];
const settings = {
  targets: [
    { name: 'all', projects: null },
    { name: 'few', projects: ['p1'] },
    { name: 'none', projects: [] },
  ],
};

test.each([
  ['all', 'p2', undefined],
  ['few', 'p1', undefined],
  ['few', 'p2', 'vm-backup.target.not-for-project'],
  ['none', 'p1', 'vm-backup.target.not-for-project'],
  // Not in the settings: whoever opens it says so.
  ['gone', 'p1', undefined],
])('on target %s a backup of project %s: %s', (name, project, code) => {
  let refused: { code?: string; hint?: string } | undefined;
  try {
    refuseOthers(settings, name, of(project));
  } catch (error) {
    refused = error as { code: string; hint: string };
  }
  expect(refused?.code).toBe(code);
  if (code) expect(refused?.hint).toMatch(/Name the project/);
});
