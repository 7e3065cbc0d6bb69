import { type Dialogue, startDialogue } from '../system/dialogue.ts';
import { ProcessError } from '../system/process-error.ts';
import type { LibvirtSettings, Virsh } from './libvirt-settings.ts';

const MOST_ANSWER_CHARS = 1024 * 1024;

export interface VirshShell {
  run: Virsh;
  /** Nothing needs saving: without a farewell it writes no history file. */
  close(): Promise<void>;
}

/**
 * One `virsh` that is connected already and reads its commands from us: this replaces a process and a connection for
 * each command by a few milliseconds. It echoes what it is told and prints a prompt; an answer ends with a mark that is
 * sent in another form than it comes back, on stdout and on stderr.
 */
export function openVirshShell(settings: Pick<LibvirtSettings, 'uri' | 'callSeconds'>): VirshShell {
  // Without --quiet: with it, virsh does not say how many file systems it thawed.
  const args = ['--connect', settings.uri];
  const dialogue = startDialogue({ file: 'virsh', args, maxAnswerChars: MOST_ANSWER_CHARS });
  let asked = 0;
  const ask = (command: string, seconds: number): Promise<string> => {
    asked += 1;
    return answerOf(dialogue, command, asked, seconds * 1_000);
  };
  return {
    async run(words, seconds = settings.callSeconds) {
      // Its welcome message belongs to no answer.
      if (asked === 0) await ask('echo', settings.callSeconds);
      return ask(words.map(word).join(' '), seconds);
    },
    close: () => dialogue.kill(),
  };
}

/** The words are ours and an agent's commands in JSON: neither contains a quote of this kind. */
const word = (text: string): string => (/^[\w.:=-]+$/.test(text) ? text : `'${text.replaceAll("'", '')}'`);

async function answerOf(dialogue: Dialogue, command: string, n: number, limitMs: number): Promise<string> {
  const mark = (number: number) => `end-of-answer-${number}-`;
  const written = `"end-of"-answer-${n}-`;
  const saidNow = (stderr: string) => between(stderr, mark(n - 1), `error: ${mark(n)}`);
  const [stdout, wrong] = await dialogue
    .ask(
      [command, `echo --err ${written}`, `echo ${written}`],
      (said, stderr) =>
        said.includes(mark(n)) && stderr.includes(mark(n)) ? ([said, saidNow(stderr)] as const) : undefined,
      limitMs,
    )
    .catch((error) => {
      // The failure of an earlier command says nothing about this one.
      if (!(error instanceof ProcessError)) throw error;
      const { exitCode, signal, timedOut, stderrTail, cause } = error;
      throw new ProcessError('virsh', { exitCode, signal, timedOut, cause, stderrTail: saidNow(stderrTail) });
    });
  if (/^error:/m.test(wrong)) {
    throw new ProcessError('virsh', { exitCode: 1, signal: null, stderrTail: wrong, timedOut: false });
  }
  return between(stdout, '', mark(n))
    .split('\n')
    .map((line) => line.replace(/^(virsh [#>] )+/, ''))
    .filter((line) => line !== command && !line.startsWith('echo '))
    .join('\n');
}

function between(text: string, after: string, before: string): string {
  const from = after === '' ? 0 : text.lastIndexOf(after) + (text.includes(after) ? after.length : 1);
  const to = text.indexOf(before, from);
  return text.slice(from, to < 0 ? undefined : to);
}
