import { describe, expect, it } from '@jest/globals';
import { startDialogue } from '../../../src/adapters/system/dialogue.ts';

const talk = (script: string) => startDialogue({ file: 'sh', args: ['-c', script], maxAnswerChars: 1_000 });
const line = (stdout: string) => (stdout.endsWith('\n') ? stdout.trim() : undefined);

describe('a dialogue with a program', () => {
  it('hears the answer to each thing it says, and only that', async () => {
    const cat = talk('while read said; do echo "you said $said"; done');
    expect(await cat.ask(['one'], line, 5_000)).toBe('you said one');
    expect(await cat.ask(['two'], line, 5_000)).toBe('you said two');
    await cat.end(5_000);
  });

  it('sees what was said on stderr', async () => {
    const one = talk('echo bad >&2; sleep 5');
    expect(await one.ask([], (_, bad) => (bad === '' ? undefined : bad), 5_000)).toBe('bad\n');
    await one.kill();
  });

  it('ends a program that takes too long, and says so', async () => {
    const deaf = talk('sleep 60');
    await expect(deaf.ask(['hello'], line, 50)).rejects.toMatchObject({ timedOut: true });
    await expect(deaf.ask(['still there?'], line, 5_000)).rejects.toMatchObject({ timedOut: true });
  });

  it('rejects when the program ends instead, whatever its state', async () => {
    await expect(talk('exit 0').ask([], line, 5_000)).rejects.toMatchObject({ exitCode: 0 });
    await expect(talk('echo why >&2; exit 3').ask(['x'], line, 5_000)).rejects.toMatchObject({
      exitCode: 3,
      stderrTail: 'why\n',
    });
    expect(await talk('printf last\\\\n; exit 0').ask([], line, 5_000)).toBe('last');
  });

  it('ends a program that says too much', async () => {
    await expect(talk('yes').ask([], () => undefined, 5_000)).rejects.toMatchObject({ signal: 'SIGKILL' });
  });

  it('ends its input, and the program when it does not go', async () => {
    const began = performance.now();
    await talk('cat').end(5_000);
    await talk('sleep 60').end(50);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
