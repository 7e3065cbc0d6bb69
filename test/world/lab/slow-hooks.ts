import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { guest, guestReady, until } from './lab.ts';

const run = promisify(execFile);
export const virsh = async (...args: string[]): Promise<string> =>
  (await run('virsh', ['-c', 'qemu:///system', ...args], { timeout: 60_000 })).stdout.trim();

/** Starts the guest's agent anew, with a hook that takes as many seconds to freeze as `/run/hook` says. */
export async function giveHook(server: string): Promise<void> {
  await guest(
    server,
    `mkdir -p /etc/qemu; echo 0 >/run/hook; printf '#!/bin/sh\\n[ "$1" = freeze ] && sleep $(cat /run/hook)\\nexit 0\\n' >/etc/qemu/hook; chmod 755 /etc/qemu/hook
     (sleep 1; kill $(cat /run/qga.pid); sleep 1; /usr/sbin/qemu-ga -d -f /run/qga.pid -l /run/qga.log -t /run -F/etc/qemu/hook) >/dev/null 2>&1 </dev/null & echo`,
  );
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await guestReady(server);
}

export const hookTakes = (server: string, seconds: number): Promise<string> =>
  guest(server, `echo ${seconds} >/run/hook`);

/** Undefined: its agent does not answer, it may be in its hook. */
export const isFrozen = (server: string): Promise<boolean | undefined> =>
  virsh('qemu-agent-command', '--timeout', '3', server, '{"execute":"guest-fsfreeze-status"}').then(
    (said) => said.includes('frozen'),
    () => undefined,
  );

export const thawed = (server: string, limitMs: number): Promise<boolean> =>
  until('the guest is thawed', limitMs, async () => (await isFrozen(server)) === false);

/** The guest's clock less ours, ms. */
export async function clockOff(server: string): Promise<number> {
  const ask = () => virsh('qemu-agent-command', '--timeout', '5', server, '{"execute":"guest-get-time"}');
  const before = Date.now();
  const said = await ask();
  return Number(/"return":(\d+)/.exec(said)?.[1]) / 1e6 - (before + Date.now()) / 2;
}
