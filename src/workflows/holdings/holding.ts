import type { JournalEntry, Operation } from '../../domain/operations/operation.ts';
import type { Asked } from '../acts/ask.ts';
import type { Owing } from '../steps/backup/owe.ts';

/** Something in Cinder, Nova or Neutron that an operation made or holds, as its journal says. */
export interface Holding {
  what: 'volume' | 'server' | 'port' | 'security-group' | 'key-pair' | 'lock' | 'guard' | 'closed-port';
  /** Of the volume, server, port or group; of a key pair its name. Null: nobody was told, it may not even be there. */
  id: string | null;
  /** What is owed when the operation ends and this has not gone. */
  owing: Owing;
  /** The disks are between two states: whoever mends that takes it off. */
  undecided?: boolean;
}

type Journalled = Pick<Operation, 'id' | 'project_id' | 'committed'>;

/** A journal, read line by line. */
export interface Lines {
  operation: Journalled;
  entries: readonly JournalEntry[];
}

/** Lines of one step, whatever the item. */
export const linesOf = ({ entries }: Lines, step: string): JournalEntry[] =>
  entries.filter(({ key }) => key === step || key.startsWith(`${step}[`));

/** Whether the step that takes it back (`release-volume` of `guard-volume`, …) is done for the same item. */
export const isDone = ({ entries }: Lines, entry: JournalEntry, step: string): boolean => {
  const bracket = entry.key.indexOf('[');
  const key = `${step}${bracket < 0 ? '' : entry.key.slice(bracket)}`;
  return entries.some((one) => one.key === key && one.state === 'done');
};

export const askedOf = ({ noted }: JournalEntry): Partial<Asked> =>
  typeof noted === 'object' && noted !== null ? (noted as Partial<Asked>) : {};

/** Asked, as far as the journal tells. Of a line of a release that wrote no notes: unless it was undone, it may have. */
export const wasAsked = (entry: JournalEntry): boolean =>
  askedOf(entry).asked === true || (entry.mark === null && entry.state !== 'undone');

/** A question of this line got no answer: what it asked for may come when everything else is over. */
export const isLost = (entry: JournalEntry): boolean => {
  const { asked, answered, came, lost } = askedOf(entry);
  const isSettled = entry.state === 'done' || (entry.state === 'undone' && came === true);
  return asked === true && (lost === true || (answered === false && !isSettled));
};

export const field = <T>(value: unknown, name: string): T | undefined =>
  (value as Record<string, T | undefined> | null | undefined)?.[name];
