import { mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldDomains } from '../../ports/held-domains.ts';
import type { Hold } from '../../ports/hypervisor.ts';

const HOLDS: readonly Hold[] = ['pause', 'freeze', 'memory'];

/** One small file for each held domain, in a folder of this host's own. */
export function heldDomainsIn(folder: string): HeldDomains {
  const path = (domain: string) => join(folder, domain);
  return {
    async note(domain, hold) {
      await mkdir(folder, { recursive: true, mode: 0o750 });
      const file = await open(path(domain), 'w', 0o640);
      try {
        await file.writeFile(hold);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async forget(domain) {
      await unlink(path(domain)).catch(ignoreMissing);
    },
    async all() {
      const names = await readdir(folder).catch((error) => ignoreMissing(error) ?? []);
      const holds = await Promise.all(names.map((name) => readFile(path(name), 'utf8')));
      return names.map((domain, n) => ({ domain, hold: HOLDS.find((one) => one === holds[n]) ?? 'pause' }));
    },
  };
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
