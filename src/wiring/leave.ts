/**
 * Ends the process once all its output was taken. Node writes to pipes in the background: `process.exit` alone drops
 * what a slow reader has not read yet, and still exits with 0.
 */
export async function leave(code: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(emptied));
  process.exit(code);
}

const emptied = (out: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => out.write('', () => resolve()));
