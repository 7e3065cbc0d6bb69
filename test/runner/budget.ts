/**
 * Seconds of processor that a test file may use in the quick part (of its own process, children apart). A file that needs
 * more stands here with what it may use and why.
 */
const SECONDS = 5;
const SLOW: Record<string, number> = {};

export function budgetOf(path: string): number {
  return Object.entries(SLOW).find(([name]) => path.endsWith(name))?.[1] ?? SECONDS;
}
