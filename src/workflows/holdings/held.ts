import type { JournalEntry } from '../../domain/operations/operation.ts';
import { lockReason } from '../acts/marks.ts';
import { field, type Holding, isDone, isLost, type Lines, linesOf, wasAsked } from './holding.ts';

/**
 * What it keeps others from: locks, guards, closed ports, lent key pairs. All of these are given back, whatever becomes
 * of the operation.
 */
export function heldHoldings(lines: Lines, made: readonly Holding[]): Holding[] {
  const own = (what: Holding['what']) => made.flatMap((one) => (one.what === what ? (one.id ?? []) : []));
  const [servers, ports] = [own('server'), own('port')];
  return [
    // What is going to be removed is not given back before.
    ...locks(lines).filter(({ id }) => !servers.includes(id ?? '')),
    ...guards(lines),
    ...closedPorts(lines).filter(({ id }) => !ports.includes(id ?? '')),
    ...keypairs(lines),
  ];
}

/** Half of the disks may be new: only an operator decides what is to become of them. */
const isHalfDone = (lines: Lines): boolean =>
  lines.operation.committed &&
  ['swap-image', 'roll-back'].some((step) => linesOf(lines, step).some(({ state }) => state === 'intended'));

/** Given back (or, in an older release's journal, undone), with nothing of it under way. */
const isOver = (lines: Lines, entry: JournalEntry, back: string): boolean =>
  (entry.state === 'undone' || isDone(lines, entry, back)) && !isLost(entry);

function locks(lines: Lines): Holding[] {
  const { operation } = lines;
  const undecided = isHalfDone(lines);
  return linesOf(lines, 'lock-server').flatMap((entry) => {
    const id = field<string>(entry.input, 'serverId');
    if (id === undefined || !wasAsked(entry) || isOver(lines, entry, 'unlock-server')) return [];
    const reason = field<string>(entry.output, 'reason') ?? lockReason({ operation, mark: entry.mark });
    const details = { server_id: id, reason, late: isLost(entry), ...(operation.committed ? {} : toPutBack(lines)) };
    const owing = { kind: 'unlock-server' as const, subject: `${id}/${operation.id}`, details };
    return [{ what: 'lock' as const, id, owing, ...(undecided && { undecided }) }];
  });
}

/** What the undo of a restore did not reach: whether the server ran, and which volumes it had. */
function toPutBack(lines: Lines): { start: boolean; attach: { volume_id: string; delete_on_termination: boolean }[] } {
  const left = (step: string) => linesOf(lines, step).filter((entry) => entry.state !== 'undone' && wasAsked(entry));
  return {
    start: left('stop-server').some(({ input }) => field<boolean>(input, 'running') === true),
    attach: left('detach-volume').map(({ input }) => ({
      volume_id: field<string>(input, 'volumeId') ?? '',
      delete_on_termination: field<boolean>(input, 'deleteOnTermination') ?? false,
    })),
  };
}

function guards(lines: Lines): Holding[] {
  const undecided = isHalfDone(lines);
  return linesOf(lines, 'guard-volume').flatMap((entry) => {
    const id = field<string>(entry.input, 'volumeId');
    if (id === undefined || !wasAsked(entry) || isOver(lines, entry, 'release-volume')) return [];
    const details = { volume_id: id, late: isLost(entry) };
    const owing = { kind: 'volume-status' as const, subject: id, details };
    return [{ what: 'guard' as const, id, owing, ...(undecided && { undecided }) }];
  });
}

/** Ports that existed before and were up. */
function closedPorts(lines: Lines): Holding[] {
  return linesOf(lines, 'close-port').flatMap((entry) => {
    const id = field<string>(entry.input, 'portId');
    const wasUp = field<boolean>(entry.output, 'wasUp') ?? field<boolean>(entry.noted, 'wasUp') ?? false;
    if (id === undefined || !wasUp || entry.state === 'undone' || isDone(lines, entry, 'open-port')) return [];
    return [{ what: 'closed-port' as const, id, owing: { kind: 'open-port' as const, subject: id, details: { id } } }];
  });
}

/**
 * A key pair is lent from before the server is requested until the server is there; the name's turn tells whether it
 * still is.
 */
function keypairs(lines: Lines): Holding[] {
  const { operation } = lines;
  return linesOf(lines, 'create-server').flatMap((entry) => {
    const name = field<string | null>(field(entry.input, 'plan'), 'key_name');
    if (typeof name !== 'string' || entry.state !== 'intended') return [];
    const owing = { kind: 'remove-keypair' as const, subject: `${operation.id}/${entry.key}`, details: { name } };
    return [{ what: 'key-pair' as const, id: name, owing }];
  });
}
