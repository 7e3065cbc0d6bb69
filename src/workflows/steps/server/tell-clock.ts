import type { GuestClockState } from '../../../domain/points/instant.ts';
import type { Difference } from '../../../domain/points/new-server-plan.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import type { World } from '../../world.ts';

const CLOCK_OFF = 'memory.clock';

/** What a user must know when a guest's clock could not be set; null: it is right. */
export function clockDifference(state: GuestClockState): Difference | null {
  if (state.set) return null;
  const off =
    state.offMs === null
      ? 'The clock of the server is not known to be right: its guest agent does not answer.'
      : `The clock of the server is ${seconds(state.offMs)}, and its guest agent could not set it.`;
  return { code: CLOCK_OFF, detail: `${off} Set it in the server.` };
}

const seconds = (ms: number): string => `${Math.abs(ms / 1_000).toFixed(1)} s ${ms < 0 ? 'behind' : 'ahead'}`;

/** Also tells users who were not watching. If the message cannot be recorded now, the log has it. */
export async function tellClock(context: StepContext<World>, serverId: string, state: GuestClockState): Promise<void> {
  const difference = clockDifference(state);
  if (!difference) return;
  context.log.warn('the clock of a server is off', { server_id: serverId, off_ms: state.offMs });
  await context.world
    .tell?.({
      projectId: context.operation.project_id,
      serverId,
      level: 'WARNING',
      code: CLOCK_OFF,
      words: difference.detail,
    })
    .catch((err) => context.log.warn('a message could not be written', { err }));
}
