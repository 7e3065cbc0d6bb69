import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { RecordedOperation } from './recorded.ts';
import { RecordedClock } from './recorded-clock.ts';
import { openRelease, type Release } from './release.ts';
import { ROOT_KEY_LINE } from './settings.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
/** Nothing here must survive a power cut. */
const MEMORY = '/dev/shm';
const LATER = '2026-01-02T00:00:00Z';

/** Names of the releases of which something was kept. */
export const releases = readdirSync(FIXTURES).sort();

/** What a release left behind, opened by this one. */
export class Unpacked {
  readonly release: Release;
  readonly operations: readonly RecordedOperation[];
  readonly rows: Record<string, Record<string, unknown>[]>;
  readonly #folder: string;

  private constructor(folder: string, release: Release) {
    this.#folder = folder;
    this.release = release;
    this.operations = this.#json('operations.json');
    this.rows = this.#json('rows.json');
  }

  static async of(name: string): Promise<Unpacked> {
    const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'rewind-recorded-'));
    // By what every machine has: Node reads zstd, and tar is always there.
    const input = zstdDecompressSync(readFileSync(join(FIXTURES, name, 'recorded.tar.zst')));
    execFileSync('tar', ['-C', folder, '-xf', '-'], { input });
    const keyFile = join(folder, 'root-keys');
    writeFileSync(keyFile, `${ROOT_KEY_LINE}\n`, { mode: 0o600 });
    copyFileSync(join(folder, 'rewind.sqlite'), join(folder, 'used.sqlite'));
    const database = `sqlite:${join(folder, 'used.sqlite')}`;
    return new Unpacked(folder, await openRelease({ database, folder, keyFile, clock: new RecordedClock(LATER) }));
  }

  /** The database as it was recorded. */
  get databaseBefore(): string {
    return join(this.#folder, 'rewind.sqlite');
  }

  /** The same, migrated. */
  get databaseNow(): string {
    return join(this.#folder, 'used.sqlite');
  }

  async close(): Promise<void> {
    await this.release.close();
    rmSync(this.#folder, { recursive: true });
  }

  #json<T>(name: string): T {
    return JSON.parse(readFileSync(join(this.#folder, name), 'utf8'));
  }
}
