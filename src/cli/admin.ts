import { leave } from '../wiring/leave.ts';
import { refuse } from '../wiring/run-process.ts';
import { makeShared, type Shared } from '../wiring/shared.ts';
import { check } from './admin-check.ts';
import { showDebts } from './admin-debts.ts';
import { listDeleted } from './admin-deleted.ts';
import { tellHostKey } from './admin-host-key.ts';
import { importTarget } from './admin-import-target.ts';
import { showInventory, takeOver } from './admin-inventory.ts';
import { eraseProject, listKeys, rotateKeys } from './admin-keys.ts';
import { cancelOperation, listOperations, MOST_OPERATIONS, showOperation } from './admin-operations.ts';
import { exportPoints, importPoints } from './admin-points.ts';
import { listPoints, restoreDisk } from './admin-rescue.ts';
import { listWorkers } from './admin-workers.ts';
import { type Command, EXIT } from './command-line/command.ts';
import { Output } from './command-line/output.ts';
import { readCommand } from './command-line/read-command.ts';

/** Commands that need the whole installation. */
const COMMANDS: readonly Command<Shared>[] = [
  { name: 'check', summary: 'tries everything this installation needs', run: check },
  {
    name: 'operations',
    summary: 'open operations of all projects: step, age, worker and its last beat, trouble, server',
    options: { all: { help: `the last ${MOST_OPERATIONS} of any status` } },
    run: listOperations,
  },
  { name: 'show', words: ['OPERATION'], summary: 'one operation with its steps', run: showOperation },
  {
    name: 'cancel',
    words: ['OPERATION'],
    summary: 'asks an operation to stop and put back what it did, whosever it is',
    run: cancelOperation,
  },
  {
    name: 'deleted',
    summary: "deleted volumes whose images are still in Ceph's trash because of us",
    run: listDeleted,
  },
  { name: 'workers', summary: 'which workers live, and what they have to do', run: listWorkers },
  {
    name: 'inventory',
    summary: 'what is ours in Ceph and in the other services, and no record needs',
    options: { all: { help: 'what records need, too' } },
    run: showInventory,
  },
  {
    name: 'take-over',
    words: ['INSTALLATION|unmarked'],
    summary: 'what a lost installation made in Ceph belongs to this one from now on',
    details: 'Only when no other installation works on this Ceph: nobody could tell what is whose.',
    run: takeOver,
  },
  { name: 'debts', summary: 'what could not be cleaned up yet, and why', run: showDebts },
  {
    name: 'export',
    words: ['FILE|-'],
    summary: 'sealed manifests of the available backups, a line each',
    options: {
      project: { value: 'ID', help: 'only of this project' },
      backup: { value: 'ID', help: 'only this backup' },
    },
    raw: true,
    run: exportPoints,
  },
  {
    name: 'import',
    words: ['FILE|-'],
    summary: 'puts exported manifests into the catalogue',
    details: 'The data must lie on the target that they name. What the catalogue has already stays as it is there.',
    run: importPoints,
  },
  {
    name: 'import-target',
    words: ['NAME'],
    summary: 'every backup that lies there: after the loss of the database',
    run: importTarget,
  },
  {
    name: 'keys list',
    summary: 'keys of projects on all targets, and the root keys that wrap them',
    run: listKeys,
  },
  {
    name: 'keys rotate',
    summary: 'wraps all of them under the newest root key; data are not touched',
    run: rotateKeys,
  },
  {
    name: 'keys erase',
    words: ['PROJECT'],
    summary: 'for ever: nothing encrypted of that project can be read any more',
    options: { yes: { help: 'without it nothing is erased, and is told what would be' } },
    run: eraseProject,
  },
];

const TARGET_OPTION = { target: { value: 'NAME', help: 'the target; absent: the default one' } };

/** Commands that need only a target, its key and rbd: no cloud, no database, no Redis. */
const RESCUE: readonly Command<null>[] = [
  {
    name: 'host-key',
    words: ['HOST'],
    summary: 'the key for agent.key_file of a compute host, named as Nova calls it; for nobody else',
    run: (_, given) => tellHostKey(given),
  },
  {
    name: 'points',
    summary: 'what lies on a target: backup, moment, server, disks',
    options: {
      ...TARGET_OPTION,
      project: { value: 'ID', help: 'only of this project' },
      server: { value: 'ID', help: 'only of this server' },
    },
    run: (_, given) => listPoints(given),
  },
  {
    name: 'restore',
    words: ['BACKUP', '[-]'],
    summary: "a disk's content as a new image, or on stdout (-) as a stream for rbd import-diff",
    options: {
      ...TARGET_OPTION,
      disk: { value: 'ID', help: 'which disk; `points` tells their ids' },
      to: { value: 'POOL/IMAGE', help: 'an image that does not exist yet' },
    },
    raw: true,
    run: (_, given) => restoreDisk(given),
  },
];

/** All commands, in the order of the help. */
export const ADMIN_COMMANDS = [...COMMANDS, ...RESCUE];

/** The operator's shell. Ends the process. */
export async function runAdmin(args: readonly string[]): Promise<void> {
  // The reader of the output has gone, as `head` does.
  process.stdout.on('error', () => process.exit(EXIT.failed));
  const reading = readCommand('rewind admin', ADMIN_COMMANDS, args);
  if (reading.kind === 'help') {
    process.stdout.write(reading.text);
    return leave(EXIT.done);
  }
  if (reading.kind === 'refused') {
    process.stderr.write(reading.text);
    return leave(EXIT.usage);
  }
  const { command, ...read } = reading;
  const out = new Output(read.flags.has('json'), (text) => void process.stdout.write(text));
  const needsAll = COMMANDS.includes(command as Command<Shared>);
  const shared = needsAll ? await makeShared('admin').catch(refuse) : null;
  const run = command.run as (parts: Shared | null, given: typeof read & { out: Output }) => Promise<boolean>;
  const good = await run(shared, { ...read, out }).catch((error: unknown) => {
    out.breakOff();
    return refuse(error);
  });
  if (!command.raw) out.end();
  await shared?.db.destroy();
  shared?.openstack.close();
  return leave(good ? EXIT.done : EXIT.failed);
}
