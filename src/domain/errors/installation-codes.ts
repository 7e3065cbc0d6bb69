import type { Entry } from './entry.ts';

const CONFIG_INVALID = 'the message names every wrong setting';
const DEBT_UNKNOWN_KIND = 'another release recorded it: run that one; `rewind admin debts` shows it';
const INTERNAL = "report it, with the request's log";

/** Settings, releases, debts, the operator's shell, and our own mistakes. */
export const installationCodes = {
  'config.invalid': { fault: 'errored', seen: ['start'], help: CONFIG_INVALID },
  'config.database-url': {
    fault: 'errored',
    seen: ['start'],
    words: 'The database URL is neither sqlite:<path> nor mysql://….',
    help: CONFIG_INVALID,
  },
  'config.manifest-key': {
    fault: 'errored',
    seen: ['start'],
    hint: 'openssl rand -hex 32 > key; chmod 0400 key',
    help: CONFIG_INVALID,
  },
  'config.host-key': {
    fault: 'errored',
    seen: ['start'],
    hint: 'For an agent: `rewind admin host-key HOST` where a worker runs. For workers: openssl rand -hex 32.',
    help: CONFIG_INVALID,
  },
  'config.target-file': { fault: 'errored', seen: ['start'], help: CONFIG_INVALID },
  'config.policy': {
    fault: 'errored',
    seen: ['start'],
    words: 'The policy file cannot be read.',
    help: CONFIG_INVALID,
  },
  'policy.invalid': {
    fault: 'errored',
    seen: ['start'],
    help: 'later, a wrong policy file only shows in the log. An attribute of the caller other than `project_id`, `user_id`, `roles` never holds, and is refused below a `not`',
  },
  'redis.evicts': { fault: 'errored', seen: ['start'], help: '`maxmemory-policy noeviction`' },
  'workflow.unknown': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Finish open operations with the release that began them before an upgrade.',
    help: 'recorded by another release: run that one until it is done',
  },
  'workflow.fenced': {
    fault: 'bug',
    seen: ['log'],
    words: 'Another worker has taken this operation over.',
    help: 'a worker lost its operation to another; normal after a pause',
  },
  'disk.put-aside': {
    fault: 'errored',
    seen: ['debt'],
    words: 'The disk made way for the Compute service, which has not replaced it.',
    hint: 'It is put back by itself; if it is not, see the runbook rebuild-kept-the-old-disk.',
    help: 'the disk made way for Nova, which has not replaced it: it is put back by itself',
    runbook: 'rebuild-kept-the-old-disk',
  },
  'installation.others': {
    fault: 'failed',
    seen: ['admin'],
    hint: 'Nobody can tell what is whose. Take over each that is lost, the ones that live never.',
    help: 'other installations work on this Ceph: take over only what is lost',
  },
  'debt.unknown-kind': {
    fault: 'errored',
    seen: ['debt'],
    words: 'This release does not know how to clean this up.',
    hint: 'A newer release recorded it: run that one.',
    help: DEBT_UNKNOWN_KIND,
  },
  'debt.malformed': {
    fault: 'bug',
    seen: ['debt'],
    words: 'The record of what is to be cleaned up cannot be read.',
    help: DEBT_UNKNOWN_KIND,
  },
  'debt.left-over': {
    fault: 'errored',
    seen: ['debt'],
    words: 'Its operation ended before this could be taken back.',
    help: 'its operation ended before this could be taken back; not tried again yet',
  },
  'debt.not-yet': { fault: 'errored', seen: ['debt'], words: 'It was asked for and has not happened yet.' },
  'debt.busy': {
    fault: 'errored',
    seen: ['debt'],
    words: 'An operation is at it, or the service is in the middle of something.',
  },
  'debt.in-the-way': {
    fault: 'errored',
    seen: ['debt'],
    words: 'Something else of this operation has to be cleaned up first.',
  },
  'debt.may-come': {
    fault: 'errored',
    seen: ['debt'],
    words: 'What was asked for without an answer is not there, and may still come.',
    help: 'a request got no answer: for an hour it is looked whether what it asked for comes after all',
  },
  internal: { fault: 'bug', seen: ['op'], words: 'An internal error occurred.', help: INTERNAL },
  'internal.bad-name': { fault: 'bug', seen: ['op'] },
  'internal.bad-size': { fault: 'bug', seen: ['op'], words: 'A size was malformed.' },
  'internal.database': { fault: 'bug', seen: ['op'], words: 'An internal error occurred.' },
  'internal.inexact-number': { fault: 'bug', seen: ['op'], words: 'An internal error occurred.' },
  'internal.journal-order': { fault: 'bug', seen: ['op'], words: 'An internal error occurred.' },
  'internal.point-of-no-return': { fault: 'bug', seen: ['op'], words: 'An internal error occurred.' },
  'internal.bad-id': { fault: 'bug', seen: ['op'], words: 'An id was malformed.' },
  'internal.bad-key': { fault: 'errored', seen: ['op'], words: 'The manifest key is too short.' },
  'internal.step-not-listed': { fault: 'bug', seen: ['op'], words: 'An internal error occurred.' },
  'archive.conflict': {
    fault: 'bug',
    seen: ['op'],
    words: 'The backup was described before, in another way.',
    help: INTERNAL,
  },
  'export.malformed': { help: 'not a file of `rewind admin export`', fault: 'failed', seen: ['admin'] },
  'admin.usage': { fault: 'failed', seen: ['admin'], help: 'the command was given something else than it takes' },
  'admin.busy': {
    fault: 'failed',
    seen: ['admin'],
    words: 'Operations of this project are open.',
    hint: 'Cancel them or wait: rewind admin operations',
  },
  'file.exists': { fault: 'failed', seen: ['admin'], hint: 'Name one that does not exist.' },
  'file.not-writable': { help: 'the directory must be there, and writable', fault: 'errored', seen: ['admin'] },
  'gateway.guessing': {
    fault: 'failed',
    seen: ['log'],
    words: 'The client asked too often for addresses that there are not.',
    help: 'somebody asks the gateway for addresses that there are not',
  },
} as const satisfies Record<string, Entry>;
