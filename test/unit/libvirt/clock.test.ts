import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createGuestClock } from '../../../src/adapters/libvirt/libvirt-guest-clock.ts';

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

/** A `virsh` that is a shell script, spoken to line by line as the real one is. */
const clockOf = (agent: string) => {
  const file = join(folder, 'virsh');
  const script = `#!/bin/bash
while read -r line; do
  [ "\${#line}" -gt 80 ] && printf '\\r<%s\\n' "\${line: -60}" || echo "virsh # $line"
  case "$line" in
    'echo --err '*) echo "error: end-of-answer-\${line##*answer-}" >&2;;
    'echo end'*|'echo "end'*) echo "end-of-answer-\${line##*answer-}";;
    qemu-agent-command*) echo "$line" >>${folder}/told; now=$(date +%s%N); ${agent}
  esac
done`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return createGuestClock({ uri: 'test:///default', callSeconds: 4 });
};
const told = () => readFileSync(join(folder, 'told'), 'utf8').trim().split('\n');
const answer = (command: string, said: string) => `case "$line" in *'"${command}"'*) ${said};; esac;`;
const GET = answer('guest-get-time', 'echo "{\\"return\\":$((now - 7000000000))}"');
const PING = answer('guest-ping', 'echo "{\\"return\\":{}}"');
const refuses = (command: string) =>
  answer(command, `echo "error: internal error: unable to execute QEMU agent command '${command}': unsupported" >&2`);

describe('the clock of a guest', () => {
  it('is read to some milliseconds', async () => {
    const reading = await clockOf(`${GET} ;;`).read(DOMAIN);
    expect(Math.abs((reading?.offsetMs ?? 0) + 7_000)).toBeLessThan((reading?.withinMs ?? 0) + 100);
  });

  it('is set by its agent, to the nanoseconds of now', async () => {
    const clock = clockOf(`${PING} ${answer('guest-set-time', 'echo "{\\"return\\":{}}"')} ;;`);
    expect(await clock.set(DOMAIN, -60_000, true)).toBe('set');
    const ns = /"time":(\d+)/.exec(told().at(-1) ?? '')?.[1] ?? '';
    expect(Math.abs(Number(ns) / 1e6 - (Date.now() - 60_000))).toBeLessThan(2_000);
  });

  it('is set by date where the agent has no hwclock, if that is good enough', async () => {
    const date = `${answer('guest-exec', 'echo "{\\"return\\":{\\"pid\\":7}}"')} ${answer('guest-exec-status', 'echo "{\\"return\\":{\\"exitcode\\":0,\\"exited\\":true}}"')}`;
    const clock = clockOf(`${PING} ${refuses('guest-set-time')} ${date} ;;`);
    expect(await clock.set(DOMAIN, 0, false)).toBe('refused');
    expect(await clock.set(DOMAIN, 0, true)).toBe('coarse');
    expect(told().join('\n')).toMatch(/"path":"date","arg":\["-u","-s","@\d{10}"\]/);
  });

  it.each([
    ['the agent may run nothing', `${PING} ${refuses('guest-set-time')} ${refuses('guest-exec')}`, 'refused'],
    [
      'only the clock of the hardware was not',
      `${PING} ${refuses('guest-set-time').replace(': unsupported', ': hwclock failed')}`,
      'set',
    ],
    ['nobody answers', `echo "error: Guest agent is not responding" >&2;`, 'silent'],
    ['the agent says something else', 'echo hello;', 'silent'],
  ] as const)('says so when %s', async (_, agent, expected) => {
    expect(await clockOf(`${agent} ;;`).set(DOMAIN, 0, true)).toBe(expected);
  });

  it('is not known when nobody answers', async () => {
    expect(await clockOf(`echo "error: Guest agent is not responding" >&2 ;;`).read(DOMAIN)).toBeNull();
  });
});
