import { type Entry, each } from './entry.ts';

const TARGET_EXISTS = 'the file system misbehaves, or two installations share it';

/** Where backups lie. */
export const targetsCodes = {
  'target.not-found': {
    status: 404,
    fault: 'failed',
    or: { fault: ['errored'] },
    seen: ['op'],
    help: '`GET /v1/targets` names them. Of an operation: an object is not on the target',
    runbook: 'damaged-backup',
  },
  'target.truncated': {
    fault: 'errored',
    seen: ['op'],
    words: 'An object on the target is shorter than it was.',
    runbook: 'damaged-backup',
  },
  'target.full': { fault: 'errored', seen: ['op'], runbook: 'full-target' },
  'target.full.quota': {
    help: 'a quota is used up: raise it, or free room',
    fault: 'errored',
    seen: ['op'],
  },
  'target.full.file-size': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Use a file system without such a limit; see `ulimit -f`.',
  },
  'target.full.links': { fault: 'errored', seen: ['op'], hint: 'Use another file system.' },
  'target.full.object-size': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Raise the limit of the server or of the proxy before it (rgw_max_put_size).',
  },
  'target.unavailable': {
    fault: 'errored',
    retry: true,
    or: { retry: true },
    seen: ['op'],
    help: 'mounted? its mark there? A bucket: endpoint, key, bucket',
  },
  'target.not-mounted': {
    fault: 'errored',
    seen: ['op'],
    words: 'The target holds backups but its mark is missing: it is not mounted.',
    help: 'mounted? its mark there?',
  },
  'target.not-writable': {
    fault: 'errored',
    seen: ['op'],
    help: 'writable for the worker? A bucket: endpoint, key, bucket',
  },
  'target.not-writable.read-only': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Its file system may have found damage: see the log of the kernel.',
  },
  'target.not-writable.not-supported': { fault: 'errored', seen: ['op'], hint: 'Use NFS 4 or a local file system.' },
  'target.not-writable.symbolic-link': { fault: 'errored', seen: ['op'], hint: 'Somebody put it there: remove it.' },
  'target.not-writable.no-ticket': { fault: 'errored', seen: ['op'], hint: 'Renew the ticket of the worker.' },
  ...each('target.not-writable', ['unknown-key', 'wrong-secret'], {
    help: '`access_key` and `secret_key_file` of the target',
    fault: 'errored',
    seen: ['op'],
  }),
  'target.not-writable.user-suspended': { fault: 'errored', seen: ['op'], hint: 'Ask who runs it.' },
  'target.not-writable.locked': {
    fault: 'errored',
    seen: ['op'],
    hint: 'It is locked or kept for a time (object lock): use a bucket without.',
  },
  ...each('target.unavailable', ['busy', 'io-error'], {
    help: 'the message says why, the hint what to do',
    fault: 'errored',
    retry: true,
    seen: ['op'],
  }),
  'target.unavailable.stale': {
    fault: 'errored',
    retry: true,
    seen: ['op'],
    hint: 'When it does not pass by itself: mount it again.',
  },
  ...each('target.unavailable', ['file-server', 'open-files'], {
    help: 'the message says why, the hint what to do',
    fault: 'errored',
    retry: true,
    seen: ['op'],
  }),
  'target.unavailable.memory': { fault: 'errored', retry: true, seen: ['op'], hint: 'Look what uses it.' },
  'target.unavailable.slow-down': {
    fault: 'errored',
    retry: true,
    seen: ['op'],
    hint: 'Fewer workers, or a higher limit there.',
  },
  'target.unavailable.damaged': {
    fault: 'errored',
    seen: ['op'],
    hint: 'It must be checked and mended before it is used again.',
  },
  'target.unavailable.name-too-long': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Use a shorter `path`, or another file system (eCryptfs takes 143 characters).',
  },
  'target.unavailable.device-gone': { fault: 'errored', seen: ['op'], hint: 'Attach and mount it again.' },
  'target.unavailable.not-a-directory': { fault: 'errored', seen: ['op'], hint: 'Somebody put it there: remove it.' },
  'target.unavailable.region': { fault: 'errored', seen: ['op'], hint: 'Mend `region` and `endpoint`.' },
  'target.unavailable.archived': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Have it brought back there, and take away the rule that archives.',
  },
  'target.unavailable.certificate': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Have the host trust who signed it (NODE_EXTRA_CA_CERTS), or mend the certificate.',
  },
  'target.unavailable.server-keys': { fault: 'errored', seen: ['op'], hint: 'Look at the KMS of the bucket.' },
  'target.unavailable.not-supported': {
    fault: 'errored',
    seen: ['op'],
    hint: 'It must know the calls of S3 for multipart uploads and lists (version 2).',
  },
  'target.no-hard-links': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Objects get their names by links, so that nothing is ever overwritten: use NFS or a local file system.',
    help: 'the file server makes no hard links (some SMB and FUSE ones): use NFS or a local file system',
  },
  'target.versioned': {
    fault: 'errored',
    seen: ['log'],
    hint: 'Such a bucket takes a name twice and frees nothing that is deleted: use one without versioning.',
    help: 'the bucket keeps versions: use one without',
  },
  'target.clock': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Set the clock of the worker, or of the server of the bucket (NTP).',
    help: 'the clocks of the worker and of the server of a bucket are too far apart: NTP',
  },
  'target.no-bucket': { fault: 'errored', seen: ['op'], help: 'make it, or mend the settings' },
  'target.overwrites': {
    fault: 'errored',
    seen: ['log'],
    hint: 'It must know If-None-Match: * in PutObject.',
    help: 'the server of a bucket does not know `If-None-Match: *`: not to be used',
  },
  'target.exists': {
    fault: 'errored',
    seen: ['op'],
    words: 'There is such an object on the target already.',
    help: TARGET_EXISTS,
  },
  'target.lost-bytes': {
    fault: 'errored',
    seen: ['op'],
    words: 'The target did not take all that was written.',
    help: TARGET_EXISTS,
  },
  'target.not-marked': {
    fault: 'errored',
    seen: ['admin'],
    words: 'It has no mark: it was never used, or it is not mounted.',
  },
  'target.foreign': {
    fault: 'errored',
    seen: ['op'],
    hint: 'Compare archive.manifest_key_file with the key this target was first used with.',
    help: 'another manifest key than this target was first used with',
  },
} as const satisfies Record<string, Entry>;
