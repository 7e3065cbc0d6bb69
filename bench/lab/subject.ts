import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, until } from '../../test/world/lab/lab.ts';
import {
  available,
  carryOut,
  FIRST_PORT,
  gatewayAt,
  type Installation,
  install,
  type RunningProcess,
  settled,
} from '../../test/world/lab/rewind.ts';
import { must, type Tenant } from '../../test/world/lab/tenant.ts';
import { seconds } from './pipes.ts';

const LIMIT_MS = 600_000;
/** Workers look after long chains every minute. */
const LOOKED_AT_ALL_MS = 70_000;
const GATEWAY_PORT = FIRST_PORT + 70;
/** Of the lab's Redis; the tests use others. */
const REDIS = 'redis://127.0.0.1:6379';

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

/** An installation of Rewind with one worker, and a gateway where it is needed, in processes of their own. */
export class Subject {
  readonly #rewind: Installation;
  readonly #who: Tenant;
  #worker: RunningProcess;

  /** `encrypted`: what it stores is. */
  constructor(who: Tenant, encrypted = false) {
    this.#who = who;
    this.#rewind = install({
      ...gatewayAt(GATEWAY_PORT),
      REWIND_REDIS_URL: `${REDIS}/${encrypted ? 14 : 15}`,
      REWIND_LOG_LEVEL: 'info',
      // What is superseded counts for nothing; the grace time is for workers that hang.
      REWIND_ARCHIVE_SWEEP_GRACE_HOURS: '0',
    });
    if (encrypted) {
      const keyFile = join(this.#rewind.folder, 'root-keys');
      writeFileSync(keyFile, `bench ${randomBytes(32).toString('hex')}\n`, { mode: 0o400 });
      const settings = { REWIND_ARCHIVE_ENCRYPTION_MODE: 'required', REWIND_ARCHIVE_ENCRYPTION_KEY_FILE: keyFile };
      Object.assign(this.#rewind.env, settings);
    }
    this.#rewind.start('api');
    this.#worker = this.#rewind.start('worker');
    // Only what is stored in clear is restored instantly.
    if (!encrypted) this.#rewind.start('gateway');
  }

  get folder(): string {
    return this.#rewind.folder;
  }

  get target(): string {
    return this.#rewind.target;
  }

  ready = (): Promise<void> => this.#rewind.ready();
  end = (): Promise<void> => this.#rewind.end();

  backup = (serverId: string, incremental: boolean): Promise<Measured> =>
    this.#measure('backup', { server_id: serverId, incremental }, 'export-disk');

  restore = (backupId: string, name: string): Promise<Measured> =>
    this.#measure('restore', { backup_id: backupId, mode: 'volumes', name }, 'fill-draft');

  /** In place, instantly; resolves with the restore's id when it was accepted. */
  async restoreAtOnce(backupId: string): Promise<string> {
    const body = { restore: { backup_id: backupId, mode: 'in_place', instant: true, start: true } };
    const { restore } = await must<{ restore: { id: string } }>(
      this.#rewind.call(this.#who, 'POST', '/v1/restores', body),
    );
    return restore.id;
  }

  /** Resolves when it ended well. */
  restored = (restoreId: string): Promise<unknown> =>
    available(settled(this.#rewind, this.#who, 'restore', restoreId, LIMIT_MS));

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

  /** Resolves when no chain is being compacted and all were looked at since. Rejects when a compaction failed. */
  async compacted(): Promise<number> {
    for (let quietSince = Date.now(); ; ) {
      const { operations } = await must<{ operations: { action: string; status: string }[] }>(
        this.#rewind.call(this.#who, 'GET', '/v1/operations?limit=1000&sort=created_at:desc'),
      );
      const compactions = operations.filter((one) => one.action === 'compact-backup');
      if (compactions.some((one) => one.status === 'failed')) throw new Error('a compaction failed');
      if (compactions.some((one) => one.status !== 'succeeded' && one.status !== 'cancelled')) quietSince = Date.now();
      if (Date.now() - quietSince > LOOKED_AT_ALL_MS) return compactions.length;
      await sleep(1_000);
    }
  }

  /** Ids of all. */
  async backups(): Promise<string[]> {
    const { backups } = await must<{ backups: { id: string }[] }>(
      this.#rewind.call(this.#who, 'GET', '/v1/backups?limit=1000'),
    );
    return backups.map((one) => one.id);
  }

  async delete(backupId: string): Promise<void> {
    await must(this.#rewind.call(this.#who, 'DELETE', `/v1/backups/${backupId}`));
    await until(`backup ${backupId} is gone`, LIMIT_MS, async () => {
      const { status } = await this.#rewind.call(this.#who, 'GET', `/v1/backups/${backupId}`);
      return status === 404;
    });
  }

  /** It looks after nothing any more, and takes no time from what is measured of others. */
  rest = (): Promise<void> => this.#worker.stop();

  /** Workers look for orphans when they start, and then every hour. */
  async restartWorker(): Promise<void> {
    await this.#worker.stop();
    this.#worker = this.#rewind.start('worker');
  }

  /** Peak of the worker's resident memory since the last call. MiB. */
  peakMemory(): number {
    const { pid } = this.#worker.child;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
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
