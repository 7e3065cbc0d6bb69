import { hasCode } from '../../domain/errors.ts';
import { type RecordedServer, recordedServerOf, userDataOf } from '../../domain/points/recorded-server.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import type { World } from '../world.ts';
import { type PointRef, pointOf } from './restore-source.ts';

/** The server as the point recorded it. Read where it is needed: user data must not get into the journal. */
export async function recordedServer(
  context: StepContext<World>,
  ref: PointRef,
): Promise<RecordedServer & { userData: string | null }> {
  const { environment, disks } = await pointOf(context, ref);
  return { ...recordedServerOf(environment, disks), userData: userDataOf(environment) };
}

/** Past the point of no return, the tenant may have removed what only needs tidying: then it is tidy. */
export async function unlessGone(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!hasCode(error, 'openstack.not-found')) throw error;
  }
}
