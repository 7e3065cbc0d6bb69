import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryHypervisor } from '../../../src/adapters/libvirt/memory.ts';

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

/** A `virsh` that is a script of a shell; `$said` is what it was told. */
async function setClock(script: string): Promise<{ set: boolean; told: string[] }> {
  const file = join(folder, 'virsh');
  writeFileSync(file, `#!/bin/sh\nshift 2\nsaid="$*"\necho "$said" >>${folder}/told\n${script}`);
  chmodSync(file, 0o755);
  const memory = createMemoryHypervisor({ uri: 'test:///default', callSeconds: 4, saveSeconds: 4 });
  const set = await memory.setClock(DOMAIN);
  return { set, told: readFileSync(join(folder, 'told'), 'utf8').trim().split('\n') };
}

const REFUSES = `case "$said" in domtime*) echo "error: internal error: unable to execute QEMU agent command 'guest-set-time': unsupported" >&2; exit 1;; esac`;

describe('the clock of a guest', () => {
  it('is set by its agent', async () => {
    expect(await setClock('exit 0')).toEqual({ set: true, told: [`domtime ${DOMAIN} --now`] });
  });

  it('is set by date where the agent has no hwclock', async () => {
    const { set, told } = await setClock(`${REFUSES}
case "$said" in *guest-exec-status*) [ -e ${folder}/twice ] && echo '{"return":{"exitcode":0,"exited":true}}' || { touch ${folder}/twice; echo '{"return":{"exited":false}}'; };;
*) echo '{"return":{"pid":7}}';; esac`);
    expect(set).toBe(true);
    expect(told).toHaveLength(4);
    const { arguments: args } = JSON.parse(told[1]?.replace(/^.*?\{/, '{') ?? '');
    expect(args).toMatchObject({ path: 'date', arg: ['-u', '-s', expect.stringMatching(/^@\d{10}$/)] });
    expect(told[2]).toContain('{"execute":"guest-exec-status","arguments":{"pid":7}}');
  });

  it.each([
    ['date fails', `${REFUSES}\necho '{"return":{"pid":7,"exitcode":1}}'`, 3],
    ['the agent may run nothing', `${REFUSES}\necho 'error: disabled' >&2; exit 1`, 2],
    ['the agent says something else', `${REFUSES}\necho hello`, 2],
    ['nobody answers', "echo 'error: Guest agent is not responding' >&2; exit 1", 1],
  ])('stays as it is when %s', async (_, script, calls) => {
    const { set, told } = await setClock(script);
    expect([set, told.length]).toEqual([false, calls]);
  });
});
