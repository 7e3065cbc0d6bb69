import { createHash } from 'node:crypto';
import { RewindError } from '../../../domain/errors.ts';
import type { Turn } from '../../../ports/stores/turns.ts';
import type { StepContext } from '../../../workflow-engine/step.ts';
import { KEYPAIR_TURN_SILENT_MS, WAIT_KEYPAIR_MS } from '../../recipe-limits.ts';
import type { World } from '../../world.ts';

type Context = StepContext<World>;

const NOBODY = 'nobody';
/** Key pair names share this many turns; an unnecessary wait of two names for each other is harmless. */
const HEX_DIGITS = 3;

/** The turn that covers all key pairs of this name. */
export const keypairTurnOf = (name: string): string =>
  `keypair/${createHash('sha256').update(name).digest('hex').slice(0, HEX_DIGITS)}`;
const holderOf = ({ operation, fence }: Context): string => `${operation.id}/${fence}`;
const isOfThis = ({ operation }: Context, turn: Turn): boolean => turn.holder.startsWith(`${operation.id}/`);

/**
 * The lender of a key pair holds the turn of its name; nobody else touches the name meanwhile. A holder that is silent
 * for very long is taken for dead: the next one gets the turn, and the former holder, if alive, finds that out by
 * itself.
 */
export async function takeKeypairTurn(context: Context, name: string): Promise<void> {
  const { clock, turns } = context.world;
  let other: { turn: Turn; sinceMs: number } | undefined;
  await context.waitFor(
    async () => {
      const turn = await turns.look(keypairTurnOf(name));
      if (turn && turn.holder !== NOBODY && !isOfThis(context, turn)) {
        const now = clock.monotonic();
        if (other?.turn.beat !== turn.beat) other = { turn, sinceMs: now };
        if (now - other.sinceMs < KEYPAIR_TURN_SILENT_MS) return undefined;
      }
      await context.proveLease();
      return (await turns.take(keypairTurnOf(name), turn, holderOf(context), null)) ? true : undefined;
    },
    WAIT_KEYPAIR_MS,
    () => new RewindError('keypair.busy', 'Other restores use a key pair of this name.'),
  );
}

/** Whether this operation has the turn. */
export async function hasKeypairTurn(context: Context, name: string): Promise<boolean> {
  const turn = await context.world.turns.look(keypairTurnOf(name));
  return turn !== undefined && isOfThis(context, turn);
}

/** Whether no operation has it. */
export async function isKeypairTurnFree({ world }: Context, name: string): Promise<boolean> {
  const turn = await world.turns.look(keypairTurnOf(name));
  return turn === undefined || turn.holder === NOBODY;
}

export async function leaveKeypairTurn(context: Context, name: string): Promise<void> {
  const turn = await context.world.turns.look(keypairTurnOf(name));
  if (turn && isOfThis(context, turn)) await context.world.turns.take(keypairTurnOf(name), turn, NOBODY, null);
}

const debtHolder = (operationId: string): string => `${operationId}/debt`;

/** For paying an operation's debts: false when that operation no longer has the turn. */
export async function takeKeypairTurnOf({ turns }: World, name: string, operationId: string): Promise<boolean> {
  const turn = await turns.look(keypairTurnOf(name));
  if (!turn?.holder.startsWith(`${operationId}/`)) return false;
  return await turns.take(keypairTurnOf(name), turn, debtHolder(operationId), null);
}

export async function leaveKeypairTurnOf({ turns }: World, name: string, operationId: string): Promise<void> {
  const turn = await turns.look(keypairTurnOf(name));
  if (turn?.holder === debtHolder(operationId)) await turns.take(keypairTurnOf(name), turn, NOBODY, null);
}
