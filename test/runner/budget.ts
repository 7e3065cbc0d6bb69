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
  // A disk of two L2 tables, read whole by qemu-img.
  'test/unit/archive/virtual-qcow2.test.ts': 25,
  // Every recipe as an earlier release left it, from several places, forward and back.
  'test/compatibility/open-operations.test.ts': 15,
  // Every store, on two databases.
  'test/contract/sql.test.ts': 20,
};

export function budgetOf(path: string): number {
  return Object.entries(SLOW).find(([name]) => path.endsWith(name))?.[1] ?? SECONDS;
}
