import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { adoptManifest } from '../archive/manifests/adopt-manifest.ts';
import { exportLine, MAX_EXPORT_LINE_BYTES, parseExportLine } from '../archive/manifests/export-line.ts';
import { type Manifest, openManifest } from '../archive/manifests/manifest.ts';
import { findStored } from '../archive/manifests/manifests.ts';
import { RewindError } from '../domain/errors.ts';
import { busy } from '../domain/operations/busy.ts';
import { holdsOf } from '../domain/operations/holds.ts';
import type { Backup } from '../domain/points/backup.ts';
import { archiveOf } from '../wiring/settings-of.ts';
import type { Shared } from '../wiring/shared.ts';
import { adoptedPoint, refuseOthers } from './adopted-point.ts';
import type { Given } from './command-line/command.ts';
import { Tally } from './tally.ts';

const PAGE = 500;

/** False when a manifest could not be read: the others are exported all the same. */
export async function exportPoints(shared: Shared, { values, words: [file = '-'] }: Given): Promise<boolean> {
  const { key, targets } = await archiveOf(shared.config);
  const out = file === '-' ? process.stdout : await newFile(file);
  const tally = new Tally('exported');
  for await (const backup of available(shared, values.get('project') ?? null, values.get('backup'))) {
    await tally.count(backup.id, async () => {
      const ids = { projectId: backup.project_id, serverId: backup.server_id, backupId: backup.id };
      const stored = await findStored(targets.get(backup.target), ids, key);
      if (!stored) throw new RewindError('archive.missing', 'Its manifest is not on the target.');
      await write(out, `${exportLine({ target: backup.target, sealed: stored.sealed })}\n`);
      return true;
    });
  }
  if (out !== process.stdout) {
    out.end();
    await finished(out);
  }
  return tally.say();
}

/**
 * False when one was refused. Backups that the catalogue already has stay as they are there: a name may have been
 * changed.
 */
export async function importPoints(shared: Shared, { words: [file = '-'], out }: Given): Promise<boolean> {
  const { key, targets } = await archiveOf(shared.config);
  const tally = new Tally('imported');
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    await tally.count(`line ${number}`, async () => {
      const { target: name, sealed } = parseExportLine(line);
      const target = targets.get(name);
      const claimed = openManifest(sealed, key, 'the line');
      refuseOthers(shared.config, name, claimed);
      await refuseBusy(shared, claimed);
      const adopted = await adoptManifest(target, sealed, key);
      const point = adoptedPoint(shared, target, adopted.manifest, adopted.sealed);
      return (await shared.catalogue.adoptPoints([point])).size > 0;
    });
  }
  return tally.report(out);
}

/** An operation on the server may be removing the very runs that the manifest names. */
async function refuseBusy({ operations }: Shared, { backup }: Manifest): Promise<void> {
  const other = await operations.inTheWay(holdsOf('import-backup/1', { serverId: backup.server_id }));
  if (other) throw busy(other, null);
}

async function* available(shared: Shared, projectId: string | null, id?: string): AsyncGenerator<Backup> {
  const filters = [{ field: 'status', op: 'eq' as const, values: ['available'] }];
  if (id !== undefined) filters.push({ field: 'id', op: 'eq', values: [id] });
  for (let marker: string | null = null; ; ) {
    const sort = [{ field: 'created_at', descending: false }];
    const page: Backup[] = await shared.catalogue.listBackups({ projectId, filters, sort, limit: PAGE, marker });
    yield* page;
    if (page.length < PAGE) return;
    marker = page.at(-1)?.id ?? null;
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.length > MAX_EXPORT_LINE_BYTES) throw new RewindError('export.malformed', 'A line is too long.');
    if (line !== '') yield line;
  }
}

/** Never overwrites a file. Rejects with `file.exists`, `file.not-writable`. */
async function newFile(path: string): Promise<Writable> {
  try {
    return (await open(path, 'wx', 0o600)).createWriteStream();
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw exists
      ? new RewindError('file.exists', `There is a file ${path} already.`)
      : new RewindError('file.not-writable', `${path} cannot be written.`, { cause });
  }
}

async function write(out: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => out.write(text, (error) => (error ? reject(error) : resolve())));
}
