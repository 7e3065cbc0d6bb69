import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Target, TargetSpace } from '../../../ports/target.ts';
import { noHardLinks, notFound, truncated, unavailable } from '../target-errors.ts';
import { errnoOf, targetError } from './file-errors.ts';
import type { Files } from './files.ts';
import { listObjects } from './list-objects.ts';
import { MARK, objectName, prefixName } from './target-names.ts';
import { watchErrors } from './watch-errors.ts';
import { writeChunks } from './write-file.ts';

/** Errors of file servers that cannot make hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'];
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
const TEMPORARY = '.tmp';
/** Each killed writer leaves one file. */
const MAX_TEMPORARY_FILES = 100_000;
/** The last part of a name must be a real file, not a link to some other place. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW;
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * A directory, local or NFS. Objects are files of their name. A new one is written under `.tmp`, synced, and linked to
 * its name, which refuses an existing one; then the directories are synced. While the mark is missing, nothing but the
 * mark is written, and nothing is reported as absent: a file system that is not mounted must not look like an empty
 * target.
 */
export class DirectoryTarget implements Target {
  readonly name: string;
  readonly #root: string;
  readonly #files: Files;

  /** `root`: an absolute path; it must exist, and is never created. */
  constructor(name: string, root: string, files: Files = nodeFiles) {
    this.name = name;
    this.#root = root;
    this.#files = files;
  }

  async put(name: string, data: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const path = this.#path(name);
    const watched = watchErrors(data);
    try {
      signal?.throwIfAborted();
      if (name !== MARK) await this.#needMark();
      if (await this.#lstat(path)) throw Object.assign(new Error('the name is taken'), { code: 'EEXIST' });
      const temporary = await this.#temporaryPath();
      try {
        const written = await this.#writeTemporary(temporary, watched.data, signal);
        await this.#makeDirectories(dirname(name));
        signal?.throwIfAborted();
        await this.#publish(temporary, name);
        return written;
      } finally {
        await this.#removeQuietly(temporary);
      }
    } catch (error) {
      // Errors of the data are not the target's, whatever they look like.
      throw watched.failed() ? error : targetError(this.name, error);
    }
  }

  async size(name: string): Promise<number | undefined> {
    const path = this.#path(name);
    return this.#guard(async () => {
      const found = await this.#lstat(path);
      if (found === undefined) await this.#needPresence(name);
      else if (!found.isFile()) throw unavailable(this.name, undefined, { retry: false });
      return found?.size;
    });
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array> {
    const path = this.#path(name);
    return this.#guard(async () => {
      const file = await this.#openForReading(name, path);
      try {
        const bytes = Buffer.allocUnsafeSlow(length);
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) throw truncated();
          done += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<string, void, undefined> {
    const start = prefixName(prefix);
    try {
      await this.#needMark();
      yield* listObjects(this.#files, this.#root, start);
    } catch (error) {
      throw targetError(this.name, error);
    }
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    await this.#guard(async () => {
      await this.#needMark();
      try {
        await this.#files.unlink(path);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return;
        throw error;
      }
      await this.#syncDirectory(dirname(path));
    });
  }

  async sweepTemporary(olderThanMs: number): Promise<number> {
    return this.#guard(async () => {
      await this.#needMark();
      // The age is measured by the file server's clock, on both sides.
      const now = await this.#touch();
      let removed = 0;
      for (const file of (await this.#files.readdir(join(this.#root, TEMPORARY))).slice(0, MAX_TEMPORARY_FILES)) {
        const path = join(this.#root, TEMPORARY, file);
        const found = await this.#lstat(path);
        if (!found?.isFile() || now - found.mtimeMs <= olderThanMs) continue;
        await this.#files.unlink(path);
        removed += 1;
      }
      return removed;
    });
  }

  async probe(): Promise<void> {
    await this.#guard(async () => {
      await this.#needMark();
      await this.#touch();
    });
  }

  async space(): Promise<TargetSpace> {
    return this.#guard(async () => {
      await this.#needMark();
      const { bsize, blocks, bavail } = await this.#files.statfs(this.#root);
      return { total: blocks * bsize, free: bavail * bsize };
    });
  }

  async #guard<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      throw targetError(this.name, error);
    }
  }

  #path(name: string): string {
    return join(this.#root, objectName(name));
  }

  async #needMark(): Promise<void> {
    if ((await this.#lstat(join(this.#root, MARK))) === undefined) throw unavailable(this.name);
  }

  /** Called before an object is reported as absent: the target itself must be there. */
  async #needPresence(name: string): Promise<void> {
    if (name !== MARK) await this.#needMark();
    else if (!(await this.#lstat(this.#root))) throw unavailable(this.name);
  }

  async #lstat(path: string) {
    try {
      return await this.#files.lstat(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #openForReading(name: string, path: string) {
    try {
      return await this.#files.open(path, READ_FLAGS);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await this.#needPresence(name);
      throw notFound(error);
    }
  }

  async #temporaryPath(): Promise<string> {
    await this.#makeDirectories(TEMPORARY);
    return join(this.#root, TEMPORARY, randomUUID());
  }

  async #writeTemporary(path: string, data: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const file = await this.#files.open(path, CREATE_FLAGS, FILE_MODE);
    try {
      const written = await writeChunks(file, data, signal);
      await file.sync();
      return written;
    } finally {
      await file.close();
    }
  }

  /** Makes missing directories below the root, never the root itself. */
  async #makeDirectories(relative: string): Promise<void> {
    let path = this.#root;
    for (const part of relative === '.' ? [] : relative.split('/')) {
      path = join(path, part);
      try {
        await this.#files.mkdir(path, DIRECTORY_MODE);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  }

  /** Gives the file its name, unless the name is taken, and makes the name survive a power cut. */
  async #publish(temporary: string, name: string): Promise<void> {
    const path = join(this.#root, name);
    try {
      await this.#link(temporary, path);
    } catch (error) {
      // NFS may repeat a request whose answer was lost, and then refuse what it did itself.
      const [ours, there] = await Promise.all([this.#lstat(temporary), this.#lstat(path)]);
      if (errnoOf(error) !== 'EEXIST' || ours?.ino !== there?.ino || ours?.dev !== there?.dev) throw error;
    }
    try {
      // All of them, each time: a process that made a directory may have died before it synced the one above.
      for (let relative = dirname(name); ; relative = dirname(relative)) {
        await this.#syncDirectory(join(this.#root, relative));
        if (relative === '.') return;
      }
    } catch (error) {
      await this.#removeQuietly(path);
      throw error;
    }
  }

  /** Rejects with `target.no-hard-links` where the file system has none: that is not a matter of rights or of time. */
  async #link(from: string, to: string): Promise<void> {
    try {
      await this.#files.link(from, to);
    } catch (error) {
      const code = errnoOf(error) ?? '';
      if (NO_LINKS.includes(code) || (code === 'EIO' && (await this.#refusesLinks())))
        throw noHardLinks(this.name, error);
      throw error;
    }
  }

  /**
   * Some file servers answer EIO for what they cannot do: then even a file that was just written successfully cannot be
   * linked.
   */
  async #refusesLinks(): Promise<boolean> {
    const path = await this.#temporaryPath();
    const second = `${path}.link`;
    try {
      await this.#writeTemporary(path, oneByte());
      return await this.#files.link(path, second).then(
        () => false,
        (error) => errnoOf(error) === 'EIO',
      );
    } finally {
      await this.#removeQuietly(second);
      await this.#removeQuietly(path);
    }
  }

  async #syncDirectory(path: string): Promise<void> {
    const directory = await this.#files.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } catch (error) {
      // Some file systems have nothing to sync here and report EINVAL.
      if (errnoOf(error) !== 'EINVAL') throw error;
    } finally {
      await directory.close();
    }
  }

  /** Writes, links and removes a temporary file, as `put` would. Returns its time on the file server's clock, ms. */
  async #touch(): Promise<number> {
    const path = await this.#temporaryPath();
    const second = `${path}.link`;
    try {
      await this.#writeTemporary(path, oneByte());
      await this.#link(path, second);
      const made = await this.#files.lstat(path);
      return made.mtimeMs;
    } finally {
      await this.#removeQuietly(second);
      await this.#removeQuietly(path);
    }
  }

  /** A file that stays behind is swept later: the error that led here counts more. */
  async #removeQuietly(path: string): Promise<void> {
    await this.#files.unlink(path).catch(() => undefined);
  }
}

async function* oneByte(): AsyncGenerator<Uint8Array, void, undefined> {
  yield new Uint8Array(1);
}
