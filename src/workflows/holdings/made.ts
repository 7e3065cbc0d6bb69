import type { DebtKind } from '../../domain/operations/debt.ts';
import type { JournalEntry } from '../../domain/operations/operation.ts';
import { lockReason, markText } from '../acts/marks.ts';
import { askedOf, field, type Holding, isLost, type Lines, linesOf, wasAsked } from './holding.ts';

/** How things of one kind are recognized. */
interface Kind {
  step: string;
  what: Holding['what'];
  owes: DebtKind;
  /** The field of the output that has the id. */
  output: string;
  /** What to search for when the id is unknown. */
  marks(lines: Lines, entry: JournalEntry): Record<string, unknown>;
}

const KINDS: readonly Kind[] = [
  {
    ...{ step: 'create-volume', what: 'volume', owes: 'remove-volume', output: 'volumeId' },
    marks: ({ operation }, { input, mark }) => ({
      metadata: { rewind_operation_id: operation.id, rewind_mark: mark },
      size_gib: field(field(input, 'volume'), 'sizeGiB') ?? null,
    }),
  },
  {
    ...{ step: 'create-port', what: 'port', owes: 'remove-port', output: 'portId' },
    marks: ({ operation }, { input, mark }) => ({
      description: markText({ operation, mark }, `port ${field(input, 'index')}`),
      network_id: field(field(input, 'port'), 'network_id') ?? null,
    }),
  },
  {
    ...{ step: 'create-security-group', what: 'security-group', owes: 'remove-security-group', output: 'groupId' },
    marks: ({ operation }, { input, mark }) => ({
      description: markText({ operation, mark }, String(field(input, 'recordedId'))),
    }),
  },
  {
    ...{ step: 'create-server', what: 'server', owes: 'remove-server', output: 'serverId' },
    marks: ({ operation }, { input, mark }) => ({
      metadata: { rewind_operation_id: operation.id, rewind_mark: mark },
      name: field(field(input, 'plan'), 'name') ?? null,
    }),
  },
];

/** Volumes, ports, groups and servers. What the operation made belongs to the project once there is no way back. */
export function madeHoldings(lines: Lines): Holding[] {
  const ids = (what: Holding['what']) =>
    KINDS.filter((kind) => kind.what === what).flatMap((kind) =>
      linesOf(lines, kind.step).flatMap((entry) => idOf(kind, entry) ?? []),
    );
  const others = { server_ids: ids('server'), volume_ids: ids('volume') };
  return KINDS.flatMap((kind) =>
    linesOf(lines, kind.step)
      .filter(wasAsked)
      .flatMap((entry) => [...known(kind, entry, lines, others), ...lost(kind, entry, lines, others)]),
  );
}

const idOf = ({ output }: Kind, entry: JournalEntry): string | undefined =>
  field<string>(entry.output, output) ?? askedOf(entry).id;

function known(kind: Kind, entry: JournalEntry, lines: Lines, more: object): Holding[] {
  const { operation } = lines;
  const id = idOf(kind, entry);
  if (id === undefined || operation.committed || entry.state === 'undone') return [];
  return [
    {
      what: kind.what,
      id,
      owing: { kind: kind.owes, subject: id, details: { id, ...more, ...lockOf(lines, kind, id) } },
    },
  ];
}

/** Our lock on a server goes when the server goes, not before. */
function lockOf(lines: Lines, { what }: Kind, id: string): { reason?: string } {
  if (what !== 'server') return {};
  const lock = linesOf(lines, 'lock-server').find(({ input }) => field(input, 'serverId') === id);
  return lock ? { reason: lockReason({ operation: lines.operation, mark: lock.mark }) } : {};
}

/**
 * It carries a mark that nobody knew before: something that has the mark, was made when it was requested and is not in
 * use, is ours.
 */
function lost(kind: Kind, entry: JournalEntry, lines: Lines, more: object): Holding[] {
  const { operation } = lines;
  if (entry.mark === null || !isLost(entry)) return [];
  const keep = idOf(kind, entry) ?? null;
  const details = { id: null, keep, asked_at: entry.started_at, ...kind.marks(lines, entry), ...more };
  return [{ what: kind.what, id: null, owing: { kind: kind.owes, subject: `${operation.id}/${entry.key}`, details } }];
}
