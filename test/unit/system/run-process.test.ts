import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { childrenDieWithUs } from '../../../src/adapters/system/die-with-parent.ts';
import { runProcess } from '../../../src/adapters/system/run-child.ts';

const sh = (script: string, more: object = {}) =>
  runProcess({ file: 'sh', args: ['-c', script], timeoutMs: 5_000, maxStdoutBytes: 1_000, ...more });

const isRunning = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

/** Killed means soon gone: the kernel takes a moment. */
async function isGone(pid: number): Promise<boolean> {
  const until = performance.now() + 3_000;
  while (isRunning(pid) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  return !isRunning(pid);
}

describe('runProcess', () => {
  it('gives stdout and stderr of a program that ended with 0', async () => {
    expect(await sh('cat; echo said >&2', { stdin: 'grüße' })).toEqual({ stdout: 'grüße', stderr: 'said\n' });
  });

  it('passes arguments as they are', async () => {
    const args = ['%s|', '$(id)', '; echo x', '--y', '', '*', "'"];
    const { stdout } = await runProcess({ file: 'printf', args, timeoutMs: 5_000, maxStdoutBytes: 100 });
    expect(stdout).toBe("$(id)|; echo x|--y||*|'|");
  });

  it('lets a child see PATH, LANG and HOME, and nothing else', async () => {
    const env = { PATH: '/usr/bin:/bin', HOME: '/h', LANG: 'C', CEPH_ARGS: 'x', LD_PRELOAD: 'x', NODE_OPTIONS: 'x' };
    const { stdout } = await runProcess({ file: 'env', args: [], env, timeoutMs: 5_000, maxStdoutBytes: 1_000 });
    expect(stdout.trim().split('\n').sort()).toEqual(['HOME=/h', 'LANG=C', 'PATH=/usr/bin:/bin']);
  });

  it('tells exit status, stderr and signal of one that failed', async () => {
    await expect(sh('echo why >&2; exit 39')).rejects.toMatchObject({
      name: 'ProcessError',
      exitCode: 39,
      signal: null,
      stderrTail: 'why\n',
      timedOut: false,
    });
    await expect(sh('kill -TERM $$')).rejects.toMatchObject({ exitCode: null, signal: 'SIGTERM', timedOut: false });
  });

  it('says when there is no such program', async () => {
    const run = runProcess({ file: 'no-such-program', args: [], timeoutMs: 5_000, maxStdoutBytes: 1 });
    // 127 is what setpriv says of it
    await expect(run).rejects.toMatchObject(childrenDieWithUs() ? { exitCode: 127 } : { exitCode: null });
  });

  it('kills one that hangs, with all that it started', async () => {
    const began = performance.now();
    const failed = await sh('sleep 60 & echo $! >&2; wait', { timeoutMs: 300 }).catch((error) => error);
    expect(failed).toMatchObject({ timedOut: true, signal: 'SIGKILL' });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await isGone(Number(failed.stderrTail))).toBe(true);
  });

  it('kills one when told to stop, and rejects with the reason', async () => {
    const reason = new Error('stop');
    const run = sh('sleep 60', { signal: AbortSignal.abort(reason) });
    await expect(run).rejects.toBe(reason);
    const later = new AbortController();
    setTimeout(() => later.abort(reason), 100);
    await expect(sh('sleep 60', { signal: later.signal })).rejects.toBe(reason);
  });

  it('is not filled up by a flood on stderr or stdout', async () => {
    const flood = 'i=0; while [ $i -lt 2000 ]; do printf "%01000d" $i >&2; i=$((i+1)); done';
    const { stderr } = await sh(flood, { timeoutMs: 15_000 });
    expect(stderr).toHaveLength(4_096);
    await expect(sh('yes')).rejects.toMatchObject({ name: 'ProcessError' });
    await expect(sh('head -c 1001 /dev/zero')).rejects.toMatchObject({ name: 'ProcessError' });
    expect((await sh('head -c 1000 /dev/zero')).stdout).toHaveLength(1_000);
  });

  it('does not wait for a grandchild that keeps the pipes', async () => {
    const began = performance.now();
    await expect(sh('(setsid sleep 30 &) ; exit 3')).rejects.toMatchObject({ exitCode: 3 });
    await expect(sh('(setsid sleep 30 &) ; exit 0')).rejects.toMatchObject({ name: 'ProcessError' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('survives a program that does not read its stdin', async () => {
    expect(await sh('exit 0', { stdin: 'x'.repeat(1_000_000) })).toMatchObject({ stdout: '' });
  });
});

describe('a child', () => {
  const test = childrenDieWithUs() ? it : it.skip;
  test('dies with us, even when we are killed -9', async () => {
    const parent = `import { startProcess } from '${import.meta.dirname}/../../../src/adapters/system/start-process.ts';
      const child = startProcess({ file: 'sh', args: ['-c', 'echo $$; exec sleep 60'] });
      child.stdout.pipe(process.stdout);`;
    const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', parent];
    const us = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } });
    const [pid] = await once(us.stdout, 'data');
    expect(isRunning(Number(pid))).toBe(true);
    us.kill('SIGKILL');
    await once(us, 'exit');
    expect(await isGone(Number(pid))).toBe(true);
  });
});
