import * as z from 'zod';
import { hasCode } from '../../domain/errors.ts';
import { imageSpec } from '../../domain/points/disk.ts';
import { MEMORY_FORMAT, type SavedMemory } from '../../domain/points/memory-point.ts';
import type { MemoryImages } from '../../ports/memory.ts';
import type { CephSettings } from './ceph-settings.ts';
import { jsonOf, understood } from './rbd/rbd-answers.ts';
import { imageArgument, sizeArgument } from './rbd/rbd-arguments.ts';
import { patientRbd, quickRbd } from './rbd/run-rbd.ts';

/** A key of `rbd image-meta`; not one of librbd's own, which begin with `conf_`. */
const KEY = 'rewind.memory';
const BEGUN_KEY = 'rewind.begun';

const NOBODY = 'nobody';

const count = z.int().nonnegative();
const savedMemory: z.ZodType<SavedMemory> = z.strictObject({
  format: z.literal(MEMORY_FORMAT),
  image: z.strictObject({ pool: z.string(), image: z.string() }),
  store: z.enum(['image', 'stream']),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  domain: z.string(),
  ramBytes: count,
  vcpus: count,
  devices: z.array(z.string()),
  machine: z.string(),
  hostCpu: z.string(),
  qemu: z.string(),
  libvirt: z.string(),
  at: z.string(),
});

export function createMemoryImages(settings: CephSettings): MemoryImages {
  const rbd = quickRbd(settings);
  const patient = patientRbd(settings);
  return {
    importFile: (ref, path) => patient('import', path, imageArgument(ref)),
    exportFile: (ref, path) => patient('export', imageArgument(ref), path),
    async create(ref, sizeBytes) {
      await rbd('create', '--no-progress', '--size', sizeArgument(sizeBytes), imageArgument(ref));
    },
    async describe(ref, saved) {
      await rbd('image-meta', 'set', imageArgument(ref), KEY, JSON.stringify(saved));
    },
    async read(ref) {
      try {
        const saved = understood(savedMemory, jsonOf(await rbd('image-meta', 'get', imageArgument(ref), KEY)));
        // The mark of another image: it was copied with its metadata, or renamed.
        return imageSpec(saved.image) === imageSpec(ref) ? saved : undefined;
      } catch (error) {
        if (hasCode(error, 'ceph.not-found')) return undefined;
        throw error;
      }
    },
    async noteBegun(ref, attempt) {
      await rbd('image-meta', 'set', imageArgument(ref), BEGUN_KEY, attempt ?? NOBODY);
    },
    async begun(ref) {
      try {
        const attempt = (await rbd('image-meta', 'get', imageArgument(ref), BEGUN_KEY)).trim();
        return attempt === NOBODY ? null : attempt;
      } catch (error) {
        if (hasCode(error, 'ceph.not-found')) return null;
        throw error;
      }
    },
    async remove(ref) {
      try {
        await patient('rm', imageArgument(ref));
      } catch (error) {
        if (!hasCode(error, 'ceph.not-found')) throw error;
      }
    },
  };
}
