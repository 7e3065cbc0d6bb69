import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OwnRedis } from '../contract/redis-server.ts';
import { KINDS } from '../contract/sql/databases.ts';
import { sleep } from '../world/lab/lab.ts';
import { FIRST_PORT, gatewayAt, install } from '../world/lab/rewind.ts';
import { logIn } from '../world/lab/tenant.ts';
import { CameToNothing } from './asking.ts';
import { cloudVerbs } from './cloud-verbs.ts';
import { diceOf } from './dice.ts';
import { lookAtAll } from './ending.ts';
import { rewindVerbs } from './rewind-verbs.ts';
import { count, type Lane, makeBlankImage, makeLanes, type Scene } from './scene.ts';
import { Gate, Household, troubles } from './troubles.ts';

/** Keystone's tokens last an hour. */
const LOG_IN_EVERY_MS = 20 * 60_000;
const GATEWAY_PORT = FIRST_PORT + 70;
const cloudNames = new Set(cloudVerbs.map(({ name }) => name));

/** Servers, verbs and troubles at random for so long; then everything must be right. Resolves with what is not. */
async function endure(minutes: number, seed: string): Promise<string[]> {
  const [demo, other, admin] = await Promise.all(['demo', 'other', 'admin'].map((name) => logIn(name)));
  const database = await (KINDS.find(({ kind }) => kind === 'MariaDB') ?? KINDS[0])?.create();
  if (!database || !demo || !other || !admin) throw new Error('there is no lab');
  const redis = await OwnRedis.start();
  const rewind = install({
    ...gatewayAt(GATEWAY_PORT),
    REWIND_DATABASE_URL: database.url,
    REWIND_REDIS_URL: redis.url,
  });
  const second = join(rewind.folder, 'second');
  mkdirSync(second);
  Object.assign(rewind.env, {
    REWIND_TARGETS: JSON.stringify([
      { name: 'default', type: 'directory', path: rewind.target },
      { name: 'second', type: 'directory', path: second },
    ]),
    REWIND_WORKER_LEASE_SECONDS: '5',
    REWIND_WORKER_RETRY_SECONDS: '60',
    REWIND_RESTORE_SAFETY_HOURS: '1',
    REWIND_RESTORE_USE_TRASH: 'true',
    REWIND_CEPH_TRASH_GRACE_HOURS: '0',
    REWIND_CEPH_INVENTORY_MINUTES: '1',
  });
  const began = Date.now();
  const say = (who: string, what: string) =>
    console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(6)} s  ${who.padEnd(8)} ${what}`);
  const household = new Household(rewind);
  const scene: Scene = {
    rewind,
    demo,
    other,
    admin,
    lanes: [],
    blankImage: '',
    given: [],
    wrong: [],
    tally: new Map(),
    say,
  };
  const logIns = setInterval(() => {
    for (const name of ['demo', 'other', 'admin'] as const)
      void logIn(name).then(
        (tenant) => {
          scene[name] = tenant;
        },
        // Keystone may be away: the next one is early enough.
        () => undefined,
      );
  }, LOG_IN_EVERY_MS);
  try {
    // Five processes at once on a machine that may be slow.
    await rewind.ready().catch(() => rewind.ready());
    scene.blankImage = await makeBlankImage(demo);
    scene.lanes = await makeLanes(demo, seed, diceOf);
    const gate = new Gate();
    const end = Date.now() + minutes * 60_000;
    const ended = () => Date.now() > end;
    const trouble = troubles(scene, { household, redis, gate, dice: diceOf(`${seed} troubles`) }, ended);
    await Promise.all([trouble, ...scene.lanes.map((lane) => play(scene, lane, gate, ended))]);
    say('ending', 'the troubles are over');
    await lookAtAll(scene);
  } catch (error) {
    scene.wrong.push(`the run itself: ${error instanceof Error ? error.stack : error}`);
  } finally {
    clearInterval(logIns);
    household.stop();
    if (scene.blankImage) await scene.demo.call('image', 'DELETE', `/v2/images/${scene.blankImage}`);
    await rewind.end();
    await redis.remove();
    await database.destroy();
  }
  for (const [what, times] of [...scene.tally].sort()) console.log(`${String(times).padStart(6)} × ${what}`);
  return scene.wrong;
}

/** One thing after the other. */
async function play(scene: Scene, lane: Lane, gate: Gate, ended: () => boolean): Promise<void> {
  const verbs = [...rewindVerbs, ...cloudVerbs];
  while (!ended()) {
    const verb = lane.dice.weighed(verbs.filter((one) => one.fits(lane)));
    const act = () => verb.run(scene, lane);
    try {
      await (cloudNames.has(verb.name) ? gate.through(act) : act());
      scene.say(lane.name, verb.name);
      count(scene, `${verb.name}: done`);
    } catch (error) {
      const nothing = error instanceof CameToNothing;
      const why = error instanceof Error ? error.message : String(error);
      scene.say(lane.name, `${verb.name}: ${why}`);
      count(scene, `${verb.name}: ${nothing ? why : 'broke off'}`);
      if (!nothing && !cloudNames.has(verb.name))
        scene.wrong.push(`${verb.name}: ${error instanceof Error ? error.stack : error}`);
      await sleep(1_000);
    }
  }
}

const [minutes = '10', seed = randomBytes(4).toString('hex')] = process.argv.slice(2);
console.log(`test/endure ${minutes} ${seed}`);
const wrong = await endure(Number(minutes), seed);
for (const one of wrong) console.log(`WRONG  ${one}`);
console.log(
  wrong.length === 0
    ? 'everything is right'
    : `${wrong.length} things are wrong; again: test/endure ${minutes} ${seed}`,
);
process.exit(wrong.length === 0 ? 0 : 1);
