import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** File systems in memory, as targets with troubles. */
export class Mounts {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rewind-mounts-'));
  readonly #mounted = new Set<string>();

  add(name: string, mebibytes: number): string {
    const path = join(this.#folder, name);
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'rewind-test', path]);
    this.#mounted.add(path);
    return path;
  }

  makeReadOnly(path: string): void {
    execFileSync('mount', ['-o', 'remount,ro', path]);
  }

  /** What was in it is gone with it. */
  remove(path: string): void {
    execFileSync('umount', [path]);
    this.#mounted.delete(path);
  }

  end(): void {
    for (const path of this.#mounted) execFileSync('umount', ['-l', path]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
