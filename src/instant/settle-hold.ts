import type { HeldDomains, HeldNote, KeptNote } from '../ports/held-domains.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';

export interface SettleParts {
  hypervisor: Hypervisor;
  held: HeldDomains;
}

/** `over`: nothing of the hold is left, and nothing of it can come later. */
export interface Look {
  over: boolean;
  /** For the log: what was found, or what is awaited. */
  why: string;
  /** True: the server had to be released. */
  letGo?: boolean;
}

export const keyOf = ({ domain, hold }: Pick<HeldNote, 'domain' | 'hold'>): string => `${domain}.${hold}`;

/** A request that was not answered may still be carried out. */
export const isLate = ({ stage, ageMs, lateSeconds }: KeptNote): boolean =>
  stage === 'asked' && ageMs < lateSeconds * 1_000;

const over = (why: string, letGo = false): Look => ({ over: true, why, letGo });
const waits = (why: string): Look => ({ over: false, why });

/**
 * Looks once whether what a note says is undone, and undoes it. Nothing else decides that a note may go. Rejects when
 * the hypervisor does not answer: then the hold is not over.
 */
export async function settleHold(parts: SettleParts, note: KeptNote): Promise<Look> {
  const { hypervisor } = parts;
  const run = await hypervisor.runOf(note.domain);
  if (run === null) return over('the server does not run on this host any more');
  if (note.run !== null && note.run !== run) return over('the server was started anew since');
  if (note.stage === 'noted') return over('nothing was asked of it');
  return note.hold === 'freeze' ? settleFreeze(parts, note) : settlePause(parts, note);
}

/**
 * The guest's agent does one thing after the other. So its answer comes after the freeze that libvirt passed on to it;
 * a freeze that libvirt has not passed on yet is awaited.
 */
async function settleFreeze({ hypervisor }: SettleParts, note: KeptNote): Promise<Look> {
  const { domain } = note;
  let letGo = false;
  const frozen = await hypervisor.isFrozen(domain);
  if (frozen === null) return waits('its guest agent does not answer: it may be in its freeze hook');
  if (frozen) {
    await hypervisor.letGo(domain, 'freeze');
    if ((await hypervisor.isFrozen(domain)) !== false) return waits('it is frozen');
    letGo = true;
  }
  if (!letGo && isLate(note)) return waits('what was asked of it may still come');
  await hypervisor.freeAgent(domain);
  return over('its file systems are thawed', letGo);
}

async function settlePause({ hypervisor, held }: SettleParts, note: KeptNote): Promise<Look> {
  const { domain, hold } = note;
  if (hold === 'clock' || hold === 'freeze') return over('');
  const state = await hypervisor.state(domain);
  if (state === 'paused') {
    if (await held.wasLetGo(domain, hold)) return over('it was let go, and somebody else has paused it since');
    await hypervisor.letGo(domain, hold);
    if ((await hypervisor.state(domain)) === 'paused') return waits('it is paused');
    return over('it runs', true);
  }
  if (isLate(note)) return waits('what was asked of it may still come');
  return over(state === 'running' ? 'it runs' : 'it does not run');
}
