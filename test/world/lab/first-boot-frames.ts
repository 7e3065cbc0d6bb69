import { readdirSync, readFileSync } from 'node:fs';

const LOOK_MS = 50;
const INTERFACES = '/sys/class/net';
/** Of Linux, without the end. */
const LONGEST_NAME = 14;

/** What Nova calls a port's interface on its host. */
export const interfaceOf = (portId: string): string => `tap${portId}`.slice(0, LONGEST_NAME);

/**
 * Watches this host's interfaces of guests. `stop` gives how many frames came in by each that came meanwhile, until it
 * went for the first time: what a new server sent in its first boot, which is on disks that are not its own.
 */
export function watchFirstBoots(): { stop(): Map<string, number> } {
  const taps = () => readdirSync(INTERFACES).filter((name) => name.startsWith('tap'));
  const before = new Set(taps());
  const frames = new Map<string, number>();
  const over = new Set<string>();
  const look = () => {
    const now = new Set(taps());
    for (const name of frames.keys()) if (!now.has(name)) over.add(name);
    for (const name of now)
      if (!before.has(name) && !over.has(name)) frames.set(name, Math.max(frames.get(name) ?? 0, received(name)));
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop() {
      clearInterval(timer);
      return frames;
    },
  };
}

/** By the host, from the guest. */
function received(name: string): number {
  try {
    return Number(readFileSync(`${INTERFACES}/${name}/statistics/rx_packets`, 'utf8'));
  } catch {
    // It went a moment ago.
    return 0;
  }
}
