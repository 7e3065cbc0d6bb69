import { diskPieces } from '../../test/world/lab/disk-pieces.ts';
import { guestReady, rbd } from '../../test/world/lab/lab.ts';
import { act, bootServer, deleteServer, serverIs, stopServer, type Tenant } from '../../test/world/lab/tenant.ts';
import { NAME } from './cloud.ts';
import { seconds } from './pipes.ts';
import { inTurn, type Scene, shown } from './rounds.ts';
import type { Subject } from './subject.ts';
import type { Row } from './table.ts';

/** How much later than a plain boot. Seconds. */
const AIM_MORE = 5;
/** Of 64 MiB, random, three GiB apart. */
const PIECES = 32;

/** A stopped server starts, as it is or restored at once from a backup, until the agent in it answers. */
export async function atOnce({ who, subject, sealed, rounds }: Scene): Promise<Row[]> {
  await sealed.rest();
  const server = await bootServer(who, NAME, { networks: 'none' });
  await guestReady(server);
  await stop(who, server);
  const rows = [await startedInTurn({ who, subject, server, rounds }, '1 GiB')];
  await rbd('resize', '--no-progress', '--size', '100G', `vms/${server}_disk`);
  await diskPieces('write', server, PIECES);
  rows.push(await startedInTurn({ who, subject, server, rounds }, '100 GiB with 2 GiB of data'));
  await deleteServer(who, server);
  return rows;
}

interface Turn {
  who: Tenant;
  subject: Subject;
  server: string;
  rounds: number;
}

async function startedInTurn({ who, subject, server, rounds }: Turn, disk: string): Promise<Row> {
  const { id: backup } = await subject.backup(server, false);
  const plain: number[] = [];
  const restored: number[] = [];
  // Nova is not asked meanwhile: the answers of its API would be taken from the server that boots.
  const answers = (ask: () => Promise<unknown>): Promise<number> =>
    seconds(async () => {
      await ask();
      await guestReady(server);
    });
  for (let round = 0; round < rounds; round += 1) {
    await inTurn(round, [
      async () => {
        plain.push(await answers(() => act(who, server, { 'os-start': null })));
        await stop(who, server);
      },
      async () => {
        let restore = '';
        restored.push(
          await answers(async () => {
            restore = await subject.restoreAtOnce(backup);
          }),
        );
        await subject.restored(restore);
        await stop(who, server);
      },
    ]);
    console.log(`  ${disk}: restored ${shown(restored.at(-1)!)}, plain ${shown(plain.at(-1)!)}`);
  }
  return {
    ...{ what: `Instant restore, ${disk}: the server answers`, ours: restored, peer: 'plain boot', theirs: plain },
    ...{ unit: 's', aimMore: AIM_MORE },
  };
}

async function stop(who: Tenant, server: string): Promise<void> {
  await serverIs(who, server, 'ACTIVE');
  await stopServer(who, server);
}
