import { hasCode, RewindError } from '../../domain/errors.ts';
import { runProcess } from '../system/run-process.ts';
import { cephError } from './rbd-errors.ts';

export interface CephSettings {
  /** Path of ceph.conf. */
  conf: string;
  /** `client.<user>` */
  user: string;
  /** Of a call that moves no data. */
  opTimeoutSeconds: number;
  /** A stream that moves nothing for so long is broken off. */
  stallSeconds: number;
  bin?: string;
}

/** The kill timer waits a little longer than Ceph's own limits, which give the better error. */
const KILL_AFTER = 1.5;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The arguments that every call begins with. With a dead OSD `rbd` hangs for ever unless it is told not to. */
export const commonArgs = ({ conf, user, opTimeoutSeconds }: CephSettings): string[] => {
  const limit = String(opTimeoutSeconds);
  return ['--conf', conf, '--id', user, '--rados-osd-op-timeout', limit, '--rados-mon-op-timeout', limit, '--client-mount-timeout', limit];
};

export interface Rbd {
  run(...args: string[]): Promise<string>;
  json(...args: string[]): Promise<unknown>;
  /** The same; undefined when the thing is not there. */
  find(...args: string[]): Promise<unknown>;
}

export function rbdCommand(settings: CephSettings): Rbd {
  const run = async (...args: string[]): Promise<string> => {
    try {
      const { stdout } = await runProcess({
        file: settings.bin ?? 'rbd',
        args: [...commonArgs(settings), ...args],
        timeoutMs: settings.opTimeoutSeconds * 1000 * KILL_AFTER,
        maxStdoutBytes: MAX_OUTPUT_BYTES,
      });
      return stdout;
    } catch (error) {
      throw cephError(error);
    }
  };
  const json = async (...args: string[]): Promise<unknown> => {
    const text = await run(...args, '--format', 'json');
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new RewindError('ceph.failed', 'A Ceph command gave no usable answer.', { fault: 'errored', retry: true, cause });
    }
  };
  return {
    run,
    json,
    find: (...args) =>
      json(...args).catch((error) => {
        if (hasCode(error, 'ceph.not-found')) return undefined;
        throw error;
      }),
  };
}
