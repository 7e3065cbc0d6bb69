import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createHypervisor } from '../../../src/adapters/libvirt/virsh.ts';

const DOMAIN = '11111111-1111-4111-8111-111111111111';
const path = process.env.PATH;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewind-virsh-'));
  process.env.PATH = `${folder}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true });
});

/** A `virsh` that is a shell script, of a domain in this state: libvirt pauses what is paused, and says yes. */
function hypervisorOf(state: string) {
  const file = join(folder, 'virsh');
  const script = `#!/bin/bash
shift 2
case "$1" in
  domstate) echo '${state}';;
  *) echo "$1" >>${folder}/told;;
esac`;
  writeFileSync(file, script);
  writeFileSync(join(folder, 'told'), '');
  chmodSync(file, 0o755);
  return createHypervisor({ uri: 'test:///default', callSeconds: 4 });
}
const told = () => readFileSync(join(folder, 'told'), 'utf8').split('\n').filter(Boolean);

it('pauses a domain that runs', async () => {
  await hypervisorOf('running').hold(DOMAIN, 'pause');
  expect(told()).toEqual(['suspend']);
});

it.each(['paused', 'shut off', 'crashed'])('does not take one that is %s for one that it paused', async (state) => {
  const refused = hypervisorOf(state).hold(DOMAIN, 'pause');
  await expect(refused).rejects.toMatchObject({ code: 'vm-backup.hypervisor.not-running' });
  expect(told()).toEqual([]);
});

it('lets a domain go that is paused, and leaves one alone that runs', async () => {
  expect(await hypervisorOf('paused').letGo(DOMAIN, 'pause')).toBe(true);
  expect(told()).toEqual(['resume']);
  expect(await hypervisorOf('running').letGo(DOMAIN, 'pause')).toBe(false);
  expect(told()).toEqual([]);
});
