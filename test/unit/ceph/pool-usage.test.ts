import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { poolUsage } from '../../../src/adapters/ceph/pool-usage.ts';

const folder = mkdtempSync(join(tmpdir(), 'rewind-df-'));

function usage(script: string) {
  const cephBin = join(folder, 'ceph');
  writeFileSync(cephBin, `#!/bin/sh\necho x >>${folder}/asked\n${script}\n`);
  chmodSync(cephBin, 0o755);
  return poolUsage({ conf: '/etc/ceph/ceph.conf', user: 'rewind', opTimeoutSeconds: 1, stallSeconds: 1, cephBin });
}

/** As Ceph 16.2 says it. */
const said = (ratio: number) => `echo '{"stats":{"total_bytes":1,"total_used_raw_ratio":${ratio}},"pools":[
{"name":"vms","id":4,"stats":{"stored":1,"percent_used":0.62,"max_avail":10}},
{"name":"empty","id":5,"stats":{"stored":0,"percent_used":0,"max_avail":10}},
{"name":"full","id":6,"stats":{"stored":0,"percent_used":0,"max_avail":0}}]}'`;

test('what a pool uses of what it may; of a fuller cluster what that uses; asked once for some time', async () => {
  const of = usage(said(0.05));
  expect([await of('vms'), await of('empty'), await of('full'), await of('gone')]).toEqual([0.62, 0.05, 1, undefined]);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('x\n');
  expect(await usage(said(0.9))('vms')).toBe(0.9);
});

test.each([['exit 13'], ['echo no'], ['echo "{}"']])('nobody can tell: %s', async (script) => {
  expect(await usage(script)('vms')).toBeUndefined();
});
