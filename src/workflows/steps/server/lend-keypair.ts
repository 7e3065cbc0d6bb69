import { hasCode, RewindError } from '../../../domain/errors.ts';
import type { RecordedKeypair } from '../../../domain/points/recorded-server.ts';
import type { ServerMaking } from '../../../ports/server-making.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { recordedServer } from '../../lookups/recorded-server-of.ts';
import type { PointRef } from '../../lookups/restore-source.ts';
import type { World } from '../../world.ts';
import { hasKeypairTurn, isKeypairTurnFree, leaveKeypairTurn, takeKeypairTurn } from './keypair-turn.ts';

type Context = StepContext<World>;

/**
 * Nova looks a key pair up by name among those of the requesting user, which is our service user; it copies the key
 * into the server and never looks again. So the recorded public key is ours for the moment of the call. Other restores,
 * of other tenants too, may need another key of the same name: only the holder of the name's turn may lend.
 */
export async function lendKeypair(context: Context, point: PointRef, name: string | null): Promise<void> {
  const keypair = await keypairOf(context, point, name);
  if (!keypair) return;
  const making = makingOf(context);
  await takeKeypairTurn(context, keypair.name);
  // Left behind by a process that died.
  if ((await isThere(making, keypair)) === 'another') await making.deleteKeypair(keypair.name);
  try {
    if ((await isThere(making, keypair)) === 'none') await making.createKeypair(keypair);
  } catch (error) {
    if (!hasCode(error, 'openstack.conflict')) throw error;
  }
  await proveKeypair(context, point, name);
  context.boundary('keypair');
}

/**
 * Called right before Nova is asked, and right after: otherwise somebody else's key may be in the server. Rejects with
 * `keypair.busy`.
 */
export async function proveKeypair(context: Context, point: PointRef, name: string | null): Promise<void> {
  const keypair = await keypairOf(context, point, name);
  if (!keypair) return;
  const mine = await hasKeypairTurn(context, keypair.name);
  if (mine && (await isThere(makingOf(context), keypair)) === 'this') return;
  throw new RewindError('keypair.busy', 'Another key pair took the place of this one meanwhile.');
}

/** Without the turn, a key of this name is somebody else's. */
export async function takeKeypairBack(context: Context, point: PointRef, name: string | null): Promise<void> {
  const keypair = await keypairOf(context, point, name);
  if (!keypair) return;
  if (!(await hasKeypairTurn(context, keypair.name)) && !(await lentWithoutTurn(context, keypair))) return;
  await context.proveLease();
  await makingOf(context).deleteKeypair(keypair.name);
  await leaveKeypairTurn(context, keypair.name);
}

/** By a release that knew no turns, and left a journal without marks. */
const lentWithoutTurn = async (context: Context, keypair: RecordedKeypair): Promise<boolean> =>
  context.mark === null &&
  (await isKeypairTurnFree(context, keypair.name)) &&
  (await isThere(makingOf(context), keypair)) === 'this';

async function isThere(making: ServerMaking, keypair: RecordedKeypair): Promise<'this' | 'another' | 'none'> {
  const there = await making.keypair(keypair.name);
  if (!there) return 'none';
  return there.publicKey.trim() === keypair.publicKey.trim() ? 'this' : 'another';
}

const makingOf = ({ world, operation }: Context): ServerMaking => world.cloud.tenant(operation.project_id).making;

async function keypairOf(context: Context, point: PointRef, name: string | null): Promise<RecordedKeypair | null> {
  return name === null ? null : (await recordedServer(context, point)).keypair;
}
