import { describe, expect, test } from '@jest/globals';
import { livesOn, novaIntent, type SeenByNova, type SeenServer } from '../../../src/domain/operations/nova-intent.ts';

const server = (fields: Partial<SeenServer>): SeenServer => ({
  status: 'ACTIVE',
  vmState: 'active',
  taskState: null,
  hostStatus: 'UP',
  imageId: 'an image',
  ...fields,
});
const asked = (action: 'rebuild' | 'evacuate', over = false): SeenByNova['asked'] => ({
  action,
  over,
  requestId: 'req-1',
  startedAt: '2026-01-01T00:00:00.000000',
});
const evacuation = (status: string) => ({ type: 'evacuation', status, createdAt: '2026-01-01T00:00:00.000000' });
const intent = (fields: Partial<SeenServer>, more: Partial<SeenByNova> = {}) =>
  novaIntent({ server: server(fields), asked: undefined, migrations: [], ...more }).disks;

/** All that nova/objects/fields.py (InstanceTaskState) has, Zed to 2026.1. */
const STATES: Record<string, 'destroys' | 'keeps' | 'unknown'> = {
  ...Object.fromEntries(
    [
      ...['scheduling', 'block_device_mapping', 'networking', 'spawning', 'image_snapshot', 'image_snapshot_pending'],
      ...['image_pending_upload', 'image_uploading', 'image_backup', 'updating_password', 'resize_prep'],
      ...['resize_migrating', 'resize_migrated', 'resize_finish', 'resize_reverting', 'resize_confirming', 'rebooting'],
      ...[
        'reboot_pending',
        'reboot_started',
        'rebooting_hard',
        'reboot_pending_hard',
        'reboot_started_hard',
        'pausing',
      ],
      ...['unpausing', 'suspending', 'resuming', 'powering-off', 'powering-on', 'rescuing', 'unrescuing'],
      ...['rebuild_block_device_mapping', 'rebuild_spawning', 'migrating', 'soft-deleting', 'restoring', 'shelving'],
      ...['shelving_image_pending_upload', 'shelving_image_uploading', 'unshelving'],
    ].map((state) => [state, 'keeps' as const]),
  ),
  rebuilding: 'unknown',
  deleting: 'destroys',
  shelving_offloading: 'destroys',
  'one that is new': 'unknown',
};

test.each(Object.entries(STATES))('%s: %s', (taskState, disks) => {
  expect(intent({ taskState })).toBe(disks);
  // Nothing but what is asked for changes what a rebuild is, and nothing else is changed by it.
  if (taskState !== 'rebuilding')
    for (const action of ['rebuild', 'evacuate'] as const)
      expect(intent({ taskState }, { asked: asked(action) })).toBe(disks);
});

describe('rebuilding', () => {
  const rebuilding = (more: Partial<SeenByNova>, fields: Partial<SeenServer> = {}) =>
    intent({ status: 'REBUILD', taskState: 'rebuilding', ...fields }, more);

  test('a rebuild destroys, an evacuation keeps', () => {
    expect(rebuilding({ asked: asked('rebuild') })).toBe('destroys');
    expect(rebuilding({ asked: asked('rebuild'), migrations: [evacuation('done')] })).toBe('destroys');
    for (const status of ['accepted', 'pre-migrating', 'done', 'failed'])
      expect(rebuilding({ asked: asked('evacuate'), migrations: [evacuation(status)] })).toBe('keeps');
    expect(rebuilding({ asked: asked('evacuate', true) })).toBe('keeps');
  });

  test.each(['DOWN', 'UNKNOWN'])('not while its host is %s', (hostStatus) => {
    expect(rebuilding({ asked: asked('rebuild') }, { hostStatus })).toBe('unknown');
    for (const taskState of ['deleting', 'shelving_offloading'])
      expect(intent({ taskState, hostStatus })).toBe('unknown');
  });

  test.each(['UP', 'MAINTENANCE', null])('and when it is %s', (hostStatus) => {
    expect(rebuilding({ asked: asked('rebuild') }, { hostStatus })).toBe('destroys');
  });

  test('an earlier rebuild says nothing of this state, nor does one beside an evacuation', () => {
    expect(rebuilding({ asked: asked('rebuild', true) })).toBe('unknown');
    for (const status of ['accepted', 'pre-migrating'])
      expect(rebuilding({ asked: asked('rebuild'), migrations: [evacuation(status)] })).toBe('unknown');
    expect(rebuilding({ asked: asked('rebuild'), migrations: [{ ...evacuation('accepted'), type: 'resize' }] })).toBe(
      'destroys',
    );
  });
});

test('a server without an image is offloaded as soon as it is shelved', () => {
  expect(intent({ taskState: 'shelving', imageId: null })).toBe('destroys');
});

test('what is gone', () => {
  expect(novaIntent({ server: undefined, asked: undefined, migrations: [] }).disks).toBe('gone');
  expect(intent({ status: 'DELETED' })).toBe('gone');
  expect(intent({ status: 'ACTIVE', vmState: 'deleted' })).toBe('gone');
});

test('which servers need the disks that they had', () => {
  for (const status of ['ACTIVE', 'SHUTOFF', 'ERROR', 'SHELVED', 'SOFT_DELETED', 'VERIFY_RESIZE', 'RESCUE'])
    expect(livesOn(server({ status }))).toBe(true);
  expect(livesOn(server({ status: 'DELETED' }))).toBe(false);
  expect(livesOn(server({ status: 'SHELVED_OFFLOADED' }))).toBe(false);
  expect(livesOn(server({ taskState: 'rebuilding' }))).toBe(false);
  expect(livesOn(undefined)).toBe(false);
});
