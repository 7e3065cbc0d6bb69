import { readFileSync, writeFileSync } from 'node:fs';
import { available, carryOut, type Installation, install } from '../../test/world/lab/rewind.ts';
import { must, type Tenant } from '../../test/world/lab/tenant.ts';
import { seconds } from './pipes.ts';

const LIMIT_MS = 600_000;
/** Of the lab's Redis; the tests use others. */
const REDIS = 'redis://127.0.0.1:6379/15';

export interface Measured {
  id: string;
  operation: string;
  /** The step that moves the data, by the operation's own journal. Seconds. */
  step: number;
  /** From the request to `available`, as a caller sees it. Seconds. */
  whole: number;
}

interface Step {
  name: string;
  state: string;
  started_at: string;
  finished_at: string | null;
}

/** An installation of Rewind with one worker, in a process of its own. */
export class Subject {
  readonly #rewind: Installation;
  readonly #who: Tenant;
  readonly #pid: number;

  constructor(who: Tenant) {
    this.#who = who;
    this.#rewind = install({ REWIND_REDIS_URL: REDIS, REWIND_LOG_LEVEL: 'info' });
    this.#rewind.start('api');
    this.#pid = this.#rewind.start('worker').child.pid ?? 0;
  }

  get folder(): string {
    return this.#rewind.folder;
  }

  ready = (): Promise<void> => this.#rewind.ready();
  end = (): Promise<void> => this.#rewind.end();

  backup = (serverId: string, incremental: boolean): Promise<Measured> =>
    this.#measure('backup', { server_id: serverId, incremental }, 'export-disk');

  restore = (backupId: string, name: string): Promise<Measured> =>
    this.#measure('restore', { backup_id: backupId, mode: 'volumes', name }, 'fill-draft');

  async volumeOf(restoreId: string): Promise<string> {
    const answer = await must<{ restore: { volumes: { volume_id: string }[] } }>(
      this.#rewind.call(this.#who, 'GET', `/v1/restores/${restoreId}`),
    );
    return answer.restore.volumes[0]?.volume_id ?? '';
  }

  /** Bytes that changed and bytes stored. */
  async sizesOf(backupId: string): Promise<{ changed: number; stored: number; incremental: boolean }> {
    const { backup } = await must<{ backup: { changed_bytes: number; stored_bytes: number; incremental: boolean } }>(
      this.#rewind.call(this.#who, 'GET', `/v1/backups/${backupId}`),
    );
    return { changed: backup.changed_bytes, stored: backup.stored_bytes, incremental: backup.incremental };
  }

  /** Peak of the worker's resident memory since the last call. MiB. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
    writeFileSync(`/proc/${this.#pid}/clear_refs`, '5');
    return Number(kibibytes) / 1024;
  }

  async #measure(kind: 'backup' | 'restore', body: Record<string, unknown>, stepName: string): Promise<Measured> {
    let made: { id: string; operation_id: string } | undefined;
    const whole = await seconds(async () => {
      made = await available(carryOut(this.#rewind, this.#who, kind, body, LIMIT_MS));
    });
    const operation = made?.operation_id ?? '';
    const answer = await must<{ operation: { steps: Step[] } }>(
      this.#rewind.call(this.#who, 'GET', `/v1/operations/${operation}`),
    );
    const steps = answer.operation.steps.filter((one) => one.name.startsWith(`${stepName}[`));
    if (steps.length !== 1 || !steps[0]?.finished_at)
      throw new Error(`one step ${stepName} expected: ${JSON.stringify(answer)}`);
    const step = (Date.parse(steps[0].finished_at) - Date.parse(steps[0].started_at)) / 1000;
    return { id: made?.id ?? '', operation, step, whole };
  }
}
