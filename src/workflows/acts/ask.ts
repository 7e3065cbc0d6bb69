import { hasCode } from '../../domain/errors.ts';
import type { StepContext } from '../../workflow-engine/step.ts';
import { LATE_EFFECT_MS } from '../recipe-limits.ts';
import type { World } from '../world.ts';

type Context = StepContext<World>;

/** What a journal entry records about a request to the cloud. */
export interface Asked {
  asked: true;
  answered: boolean;
  /** An earlier request of this step got no answer: its effect may have come as well, or may still come. */
  lost?: boolean;
  /** The undo saw that the effect of an unanswered request had come. */
  came?: boolean;
  /** Id of what was made, from the answer. */
  id?: string;
}

/**
 * Sends a request to the cloud. The journal says before that it is sent, and afterwards that it was answered: without
 * an answer (a time-out, a worker's death) the effect may still come. `idOf`: the id of what was made, in the answer.
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

/** Id of what this step made, as the cloud answered; undefined: there was no answer. */
export const madeId = (context: Context): string | undefined => (context.noted() as Partial<Asked> | undefined)?.id;

/** A service that refuses because of too many requests has heard the request, and does nothing. */
const isAnswer = (error: unknown): boolean =>
  !hasCode(error, 'openstack.unavailable') || hasCode(error, 'openstack.unavailable.rate-limited');

/**
 * Whether this step has ever sent its request, from any worker. For a step of an older release this is unknown, and
 * counts as yes.
 */
export const hasAsked = (context: Context): boolean =>
  context.noted() !== undefined || (context.mark === null && context.begunBefore());

/** Whether it sent a request and got no answer. */
const mayComeLate = (context: Context): boolean => (context.noted() as Asked | undefined)?.answered === false;

/**
 * For an undo: gives the effect of an unanswered request the time to come, and resolves to what `look` then finds;
 * undefined: nothing came.
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
