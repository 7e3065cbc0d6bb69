import { hasCode, RewindError } from '../../domain/errors.ts';
import type { RecordedKeypair } from '../../domain/recorded-server.ts';
import type { ServerMaking } from '../../ports/server-making.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { KEYPAIR_LENT_MS } from '../limits.ts';
import type { World } from '../world.ts';
import { recordedServer } from './recorded-server.ts';
import type { PointRef } from './restore-source.ts';

/**
 * Nova looks a key pair up by name among those of the user who asks, which is our service user; it copies the key
 * into the server and never looks again. So the recorded public key is ours for the moment of the call. Other
 * restores may need another key of the same name: who has made it, has the turn.
 */
export async function lendKeypair(context: StepContext<World>, point: PointRef, name: string | null): Promise<void> {
  const keypair = await keypairOf(context, point, name);
  if (!keypair) return;
  const making = makingOf(context);
  await context.waitFor(
    async () => ((await madeOrThere(context, making, keypair)) ? true : undefined),
    2 * KEYPAIR_LENT_MS,
    () =>
      new RewindError('keypair.busy', 'Other restores use a key pair of this name.', { fault: 'errored', retry: true }),
  );
  context.boundary('keypair');
}

async function madeOrThere(
  context: StepContext<World>,
  making: ServerMaking,
  keypair: RecordedKeypair,
): Promise<boolean> {
  const there = await making.keypair(keypair.name);
  if (there?.publicKey === keypair.publicKey) return true;
  if (there) {
    // Of a restore that was killed.
    const madeAt = Date.parse(`${(there.createdAt ?? '').replace(/Z?$/, 'Z')}`);
    const old = context.world.clock.now() - madeAt > KEYPAIR_LENT_MS;
    if (old) await making.deleteKeypair(keypair.name);
    return false;
  }
  try {
    await making.createKeypair(keypair);
    return true;
  } catch (error) {
    if (hasCode(error, 'openstack.conflict')) return false;
    throw error;
  }
}

/** Ours only: the server user's own list is not the tenant's. */
export async function takeKeypairBack(
  context: StepContext<World>,
  point: PointRef,
  name: string | null,
): Promise<void> {
  const keypair = await keypairOf(context, point, name);
  if (!keypair) return;
  const making = makingOf(context);
  const there = await making.keypair(keypair.name);
  if (there?.publicKey === keypair.publicKey) await making.deleteKeypair(keypair.name);
}

const makingOf = ({ world, operation }: StepContext<World>): ServerMaking =>
  world.cloud.tenant(operation.project_id).making;

async function keypairOf(
  context: StepContext<World>,
  point: PointRef,
  name: string | null,
): Promise<RecordedKeypair | null> {
  return name === null ? null : (await recordedServer(context, point)).keypair;
}
