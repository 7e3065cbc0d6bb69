import type { OwnRedis } from '../contract/redis-server.ts';
import { lab, sleep } from '../world/lab/lab.ts';
import type { Installation, RunningProcess } from '../world/lab/rewind.ts';
import type { Dice } from './dice.ts';
import type { Scene } from './scene.ts';

type Role = 'api' | 'worker' | 'agent' | 'gateway';

const ROLES: readonly Role[] = ['api', 'worker', 'worker', 'agent', 'gateway'];
const RESTART_MS = 1_500;
const BETWEEN_MS = 25_000;

/** Rewind's processes, each started again when it ended. */
export class Household {
  readonly #rewind: Installation;
  readonly #running = new Map<number, { role: Role; process: RunningProcess }>();
  #stopping = false;

  constructor(rewind: Installation) {
    this.#rewind = rewind;
    for (const [place, role] of ROLES.entries()) this.#start(place, role);
  }

  #start(place: number, role: Role): void {
    const process = this.#rewind.start(role);
    this.#running.set(place, { role, process });
    void process.ended.then(async () => {
      await sleep(RESTART_MS);
      if (!this.#stopping) this.#start(place, role);
    });
  }

  /** One of this role dies without a word. */
  kill(dice: Dice, role: Role): void {
    const those = [...this.#running.values()].filter((one) => one.role === role);
    dice.pick(those).process.child.kill('SIGKILL');
  }

  stop(): void {
    this.#stopping = true;
  }
}

/**
 * The cloud's own services go away only while nobody but Rewind asks them for something: what they leave half done for
 * others is not ours to judge.
 */
export class Gate {
  #inside = 0;
  #closed = false;

  async through<T>(act: () => Promise<T>): Promise<T> {
    while (this.#closed) await sleep(200);
    this.#inside += 1;
    try {
      return await act();
    } finally {
      this.#inside -= 1;
    }
  }

  async closedFor(act: () => Promise<unknown>): Promise<void> {
    this.#closed = true;
    try {
      while (this.#inside > 0) await sleep(200);
      await act();
    } finally {
      this.#closed = false;
    }
  }
}

/** `own`: only Rewind's processes and its Redis, for a lab that others use at the same time. */
const OWN_ONLY = process.env.REWIND_TEST_TROUBLES === 'own';

interface Trouble {
  name: string;
  weight: number;
  /** Others on this lab would feel it, too. */
  ofCloud?: true;
  run(): Promise<unknown>;
}

/** One trouble after the other, until `ended` says so. What was taken away is back when this resolves. */
export async function troubles(
  scene: Scene,
  parts: { household: Household; redis: OwnRedis; gate: Gate; dice: Dice },
  ended: () => boolean,
): Promise<void> {
  const { household, redis, gate, dice } = parts;
  const away = async (daemon: string, longestMs: number) => {
    await lab('daemon', 'stop', daemon);
    await sleep(2_000 + dice.roll(longestMs));
    await lab('daemon', 'start', daemon);
  };
  const still = async (daemon: string, longestMs: number) => {
    await lab('daemon', 'pause', daemon);
    await sleep(1_000 + dice.roll(longestMs));
    await lab('daemon', 'resume', daemon);
  };
  const kill = (role: Role) => async () => household.kill(dice, role);
  const all: Trouble[] = [
    { name: 'kill a worker', weight: 8, run: kill('worker') },
    { name: 'kill the agent', weight: 4, run: kill('agent') },
    { name: 'kill the API', weight: 2, run: kill('api') },
    { name: 'kill the gateway', weight: 1, run: kill('gateway') },
    { name: 'flush Redis', weight: 2, run: () => redis.ask((one) => one.flushall()) },
    {
      name: 'Redis dies',
      weight: 2,
      async run() {
        await redis.kill();
        await sleep(dice.roll(5_000));
        await redis.start();
      },
    },
    {
      name: 'an OSD stands still',
      weight: 2,
      ofCloud: true,
      run: () => gate.closedFor(() => still('ceph-osd.0', 15_000)),
    },
    {
      name: 'MariaDB stands still',
      weight: 2,
      ofCloud: true,
      run: () => gate.closedFor(() => still('mariadb', 12_000)),
    },
    { name: 'MariaDB goes away', weight: 1, ofCloud: true, run: () => gate.closedFor(() => away('mariadb', 5_000)) },
    { name: 'Keystone goes away', weight: 1, ofCloud: true, run: () => gate.closedFor(() => away('keystone', 10_000)) },
  ];
  while (!ended()) {
    const until = Date.now() + dice.roll(BETWEEN_MS);
    while (Date.now() < until && !ended()) await sleep(300);
    if (ended()) return;
    const trouble = dice.weighed(all.filter(({ ofCloud }) => !(ofCloud && OWN_ONLY)));
    scene.say('trouble', trouble.name);
    await trouble.run();
  }
}
