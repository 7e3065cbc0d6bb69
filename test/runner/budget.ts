/**
 * Seconds of processor that a test file may use in the quick part (of its own process, children apart). A file that needs
 * more stands here with what it may use and why.
 */
const SECONDS = 5;
const SLOW: Record<string, number> = {
  // The whole archive against a model: the test that found most.
  'test/property/archive-model.test.ts': 25,
  // The largest recipe: five ways to begin, eighteen to fail, two kinds of root disk.
  'test/unit/workflows/new-server.test.ts': 25,
  // Streams of a real rbd, and such as large: each stored, verified by stock zstd, restored.
  'test/unit/archive/golden-streams.test.ts': 15,
  'test/unit/archive/restore-stream.test.ts': 15,
  // A disk that qemu-img reads whole.
  'test/unit/archive/virtual-qcow2.test.ts': 12,
  // Every recipe as an earlier release left it, from several places, forward and back.
  'test/compatibility/open-operations.test.ts': 25,
  // Two recipes that die everywhere and fail at each step.
  'test/unit/workflows/instant-restore.test.ts': 15,
  // Every store, on two databases.
  'test/contract/sql.test.ts': 20,
};

/** REWIND_TEST_BUDGET times that: 3 in `npm test`, as machines differ and seconds of a busy one are longer; without it there is no limit. */
export function budgetOf(path: string): number {
  const factor = Number(process.env.REWIND_TEST_BUDGET ?? Number.POSITIVE_INFINITY);
  return factor * (Object.entries(SLOW).find(([name]) => path.endsWith(name))?.[1] ?? SECONDS);
}
