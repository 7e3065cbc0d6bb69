import type { JournalEntry, Operation } from '../../domain/operations/operation.ts';
import type { Asked } from '../acts/ask.ts';
import type { Owing } from '../steps/backup/owe.ts';

/** Something in Cinder, Nova or Neutron that an operation made or holds, as its journal says. */
export interface Holding {
  what: 'volume' | 'server' | 'port' | 'security-group' | 'key-pair' | 'lock' | 'guard' | 'closed-port';
  /** Id of the volume, server, port or group; for a key pair its name. Null: unknown; it may not even exist. */
  id: string | null;
  /** The debt, if the operation ends while this still exists. */
  owing: Owing;
  /** The disks are between two states: whoever mends them removes it. */
  undecided?: boolean;
}

type Journalled = Pick<Operation, 'id' | 'project_id' | 'committed'>;

/** A journal, read entry by entry. */
export interface Lines {
  operation: Journalled;
  entries: readonly JournalEntry[];
}

/** Entries of one step, for all items. */
export const linesOf = ({ entries }: Lines, step: string): JournalEntry[] =>
  entries.filter(({ key }) => key === step || key.startsWith(`${step}[`));

/** Whether the step that reverts it (`release-volume` for `guard-volume`, …) is done for the same item. */
export const isDone = ({ entries }: Lines, entry: JournalEntry, step: string): boolean => {
  const bracket = entry.key.indexOf('[');
  const key = `${step}${bracket < 0 ? '' : entry.key.slice(bracket)}`;
  return entries.some((one) => one.key === key && one.state === 'done');
};

export const askedOf = ({ noted }: JournalEntry): Partial<Asked> =>
  typeof noted === 'object' && noted !== null ? (noted as Partial<Asked>) : {};

/**
 * Whether the request was sent, as far as the journal tells. For an entry of a release that wrote no notes it may have
 * been, unless it was undone.
 */
export const wasAsked = (entry: JournalEntry): boolean =>
  askedOf(entry).asked === true || (entry.mark === null && entry.state !== 'undone');

/** A request of this entry got no answer: its effect may come when everything else is over. */
export const isLost = (entry: JournalEntry): boolean => {
  const { asked, answered, came, lost } = askedOf(entry);
  const isSettled = entry.state === 'done' || (entry.state === 'undone' && came === true);
  return asked === true && (lost === true || (answered === false && !isSettled));
};

export const field = <T>(value: unknown, name: string): T | undefined =>
  (value as Record<string, T | undefined> | null | undefined)?.[name];
