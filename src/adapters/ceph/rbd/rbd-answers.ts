import * as z from 'zod';
import { RewindError } from '../../../domain/errors.ts';
import type { ImageInfo, SnapInfo, TrashedImage } from '../../../ports/ceph.ts';

/** The parts of the answers of `rbd --format json` that are read here (Ceph 16 to 20). */
const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const truth = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

export const imageAnswer = z.object({
  name: z.string(),
  id: z.string(),
  size,
  object_size: size,
  features: z.array(z.string()),
  flags: z.array(z.string()),
  // `Sat Nov 21 11:03:03 2026`, in the time zone that this process and `rbd` share.
  create_timestamp: z.string().default(''),
  parent: z.object({ pool: z.string(), image: z.string() }).optional(),
});
const snapsAnswer = z.array(z.object({ name: z.string(), size, protected: truth }));
export const statusAnswer = z.object({
  watchers: z.array(z.object({ address: z.string() })),
  // Its source_spec is a secret and is not read.
  migration: z.object({ state: z.string() }).optional(),
});
const trashAnswer = z.array(z.object({ id: z.string(), name: z.string(), deleted_at: z.string().default('') }));
const allSnapsAnswer = z.array(
  z.object({ namespace: z.object({ type: z.string(), original_name: z.string().default('') }).optional() }),
);
export const namesAnswer = z.array(z.string());
export const childrenAnswer = z.array(z.object({ pool: z.string(), image: z.string() }));

export function imageInfoFrom(answer: unknown): ImageInfo {
  const { id, size, object_size, features, flags, create_timestamp, parent } = understood(imageAnswer, answer);
  const createdAtMs = Date.parse(create_timestamp);
  return { id, sizeBytes: size, objectSizeBytes: object_size, features, flags, createdAtMs, parent: parent ?? null };
}

export const snapsFrom = (answer: unknown): SnapInfo[] =>
  understood(snapsAnswer, answer).map((snap) => ({
    name: snap.name,
    sizeBytes: snap.size,
    protected: snap.protected,
  }));

export const trashFrom = (answer: unknown): TrashedImage[] =>
  understood(trashAnswer, answer).map(({ id, name, deleted_at }) => ({
    id,
    name,
    deletedAtMs: Date.parse(deleted_at),
  }));

/** Those of all snaps that were removed while clones of them lived. */
export const heldSnapsFrom = (answer: unknown): string[] =>
  understood(allSnapsAnswer, answer).flatMap(({ namespace }) =>
    namespace?.type === 'trash' ? [namespace.original_name] : [],
  );

export const watchersFrom = (answer: unknown): string[] =>
  understood(statusAnswer, answer).watchers.map((watcher) => watcher.address);

/** Reads what a command answered. @throws RewindError `ceph.failed` */
export function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new RewindError('ceph.failed', 'A Ceph command gave no usable answer.', { cause: result.error, retry: false });
}

/** Text that is not JSON becomes an answer that no schema accepts. */
export function jsonOf(printed: string): unknown {
  try {
    return JSON.parse(printed);
  } catch {
    return undefined;
  }
}
