import { hasCode } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { LATE_EFFECT_MS } from '../recipe-limits.ts';
import type { World } from '../world.ts';

type Context = StepContext<World>;

/** What a journal's line has of a question to the cloud. */
export interface Asked {
  asked: true;
  answered: boolean;
  /** A question of this step before this one got no answer: what it asked for may have come besides, or still come. */
  lost?: boolean;
  /** What got no answer was seen to have come, by who puts it back. */
  came?: boolean;
  /** What was made, as the answer called it. */
  id?: string;
}

/**
 * Asks the cloud for something. That it is asked is in the journal before, and that it was answered afterwards: without
 * an answer (a time-out, a worker's death) the effect may still come. `idOf`: what the answer calls the thing that was made.
 */
export async function ask<T>(context: Context, act: () => Promise<T>, idOf?: (answer: T) => string): Promise<T> {
  await context.proveLease();
  const before = context.noted() as Asked | undefined;
  const lost = before?.lost === true || before?.answered === false ? { lost: true } : {};
  await context.note({ asked: true, answered: false, ...lost } satisfies Asked);
  const answered = (id: string | undefined) =>
    context.note({ asked: true, answered: true, ...lost, ...(id !== undefined && { id }) } satisfies Asked);
  try {
    const answer = await act();
    await answered(idOf?.(answer));
    return answer;
  } catch (error) {
    if (isAnswer(error)) await answered(undefined);
    throw error;
  }
}

/** What the cloud called the thing that this step made; undefined: it was not told. */
export const madeId = (context: Context): string | undefined => (context.noted() as Partial<Asked> | undefined)?.id;

/** Who refuses because it is asked too often has heard, and does nothing. */
const isAnswer = (error: unknown): boolean =>
  !hasCode(error, 'openstack.unavailable') || hasCode(error, 'openstack.unavailable.rate-limited');

/** Whether this step has ever asked, by whatever worker. Of an older release's step nobody knows: then it has. */
export const hasAsked = (context: Context): boolean =>
  context.noted() !== undefined || (context.mark === null && context.begunBefore());

/** Whether it asked and got no answer. */
const mayComeLate = (context: Context): boolean => (context.noted() as Asked | undefined)?.answered === false;

/**
 * For who puts things back: gives what asked for it without an answer the time to come, and what `look` then shows of
 * it; undefined: nothing came.
 */
export async function lateEffect<T>(context: Context, look: () => Promise<T | undefined>): Promise<T | undefined> {
  if (!mayComeLate(context)) return look();
  const first = await look();
  const seen = first === undefined ? await waitedFor(context, look) : first;
  const noted = context.noted() as Asked;
  if (seen !== undefined && !noted.came) await context.note({ ...noted, came: true } satisfies Asked);
  return seen;
}

function waitedFor<T>(context: Context, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const nothing = {};
  return context
    .waitFor(look, LATE_EFFECT_MS, () => Object.assign(new Error('nothing came'), { nothing }))
    .catch((error) => {
      if (error?.nothing === nothing) return undefined;
      throw error;
    });
}
