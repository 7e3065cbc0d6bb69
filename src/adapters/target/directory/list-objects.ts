import { join } from 'node:path';
import { errnoOf } from './file-errors.ts';
import type { Files } from './files.ts';
import { isPart } from './target-names.ts';

/** A directory with more entries is not a target of ours. */
const MAX_ENTRIES = 1_000_000;

/** Names of the regular files below a prefix in order of their whole name; links and odd names are skipped. */
export async function* listObjects(
  files: Files,
  root: string,
  prefix: string,
): AsyncGenerator<string, void, undefined> {
  // A directory is sorted by its name with the slash: `a-b` comes before `a/b`.
  for (const entry of (await entriesOf(files, join(root, prefix))).sort(byCodeUnit)) {
    const name = prefix === '' ? entry : `${prefix}/${entry}`;
    if (entry.endsWith('/')) yield* listObjects(files, root, name.slice(0, -1));
    else yield name;
  }
}

async function entriesOf(files: Files, path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await files.opendir(path)) {
      if (!isPart(entry.name)) continue;
      if (entry.isDirectory()) names.push(`${entry.name}/`);
      else if (entry.isFile()) names.push(entry.name);
      if (names.length > MAX_ENTRIES) throw Object.assign(new Error('too many entries'), { code: 'EMFILE' });
    }
  } catch (error) {
    // Somebody has emptied and removed it since, or it was never there: no objects.
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return names;
}

const byCodeUnit = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
