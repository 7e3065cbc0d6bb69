import { SERVER_TROUBLES } from './cloud-codes.ts';
import { type Entry, each } from './entry.ts';

const SERVER_NOT_CREATED = 'logs of nova-scheduler, nova-compute';

/** A new server that is made from a point. */
export const newServersCodes = {
  'server.not-recorded': {
    status: 409,
    fault: 'failed',
    words: 'It is not known how the server was made.',
    help: 'the backup is older than this: restore its volumes',
  },
  'project.differs': {
    status: 400,
    fault: 'failed',
    words: 'A new server is made in the project of the token.',
    help: "use a token of the backup's project",
  },
  'restore.root-missing': {
    status: 400,
    fault: 'failed',
    words: 'A new server needs the disk it boots from.',
    help: 'the disk it boots from is needed',
  },
  'flavor.gone': { status: 409, fault: 'failed', help: 'name another', runbook: 'lost-server' },
  'image.gone': {
    status: 409,
    fault: 'failed',
    words:
      'The image the server was made of is gone. Its content is not needed, but Nova builds the machine after its properties.',
    help: 'name another',
    runbook: 'lost-server',
  },
  'zone.gone': {
    status: 409,
    fault: 'failed',
    words: 'The availability zone is gone.',
    hint: 'Name another one as availability_zone.',
    help: 'name another',
    runbook: 'lost-server',
  },
  'network.gone': {
    status: 409,
    fault: 'failed',
    hint: 'Say other networks.',
    help: 'name another',
    runbook: 'lost-server',
  },
  'subnet.gone': {
    status: 409,
    fault: 'failed',
    hint: 'Say other networks.',
    help: 'name another',
    runbook: 'lost-server',
  },
  'volume-type.gone': {
    status: 409,
    fault: 'failed',
    hint: 'Say another one in volume_types.',
    help: 'name another',
    runbook: 'lost-server',
  },
  'security-group.gone': {
    status: 409,
    fault: 'failed',
    words: 'A security group is gone and cannot be made again.',
    help: 'name another',
    runbook: 'lost-server',
  },
  'flavor.not-found': {
    status: 400,
    fault: 'failed',
    words: 'There is no such flavor.',
    help: 'what was named is not there',
  },
  'image.not-found': {
    status: 400,
    fault: 'failed',
    words: 'There is no such active image.',
    help: 'what was named is not there',
  },
  'zone.not-found': {
    status: 400,
    fault: 'failed',
    words: 'There is no such availability zone.',
    help: 'what was named is not there',
  },
  'network.not-found': { status: 400, fault: 'failed', help: 'what was named is not there' },
  'volume-type.not-found': {
    status: 400,
    fault: 'failed',
    words: 'volume_types names a type that is not there.',
    help: 'what was named is not there',
  },
  'flavor.too-small': {
    status: 409,
    fault: 'failed',
    hint: 'Name a larger one as flavor_id.',
    help: 'the root disk is larger',
  },
  'image.not-needed': {
    status: 400,
    fault: 'failed',
    words: 'The server boots from a volume; image_id means nothing.',
    help: 'it means nothing here',
  },
  'volume-type.unused': { status: 400, fault: 'failed', help: 'it means nothing here' },
  'address.taken': {
    status: 409,
    fault: 'failed',
    seen: ['op'],
    help: 'a MAC or fixed address is in use: free it, or say `networks`',
  },
  'address.forbidden': {
    fault: 'failed',
    seen: ['op'],
    hint: 'Say networks without fixed_ip.',
    help: 'a network of others: say `networks` without `fixed_ip`',
  },
  ...each('floating-ip', ['gone', 'taken', 'no-port'], { status: 409, fault: 'failed', help: 'do without' }),
  'quota.cloud': {
    status: 403,
    fault: 'failed',
    hint: 'Free something, or ask for more.',
    help: 'quota of Nova or Cinder',
  },
  'port.not-the-servers': {
    fault: 'failed',
    seen: ['op'],
    words: 'The plan names a port or a group that was not of the server.',
    hint: 'Ask for the restore again.',
    help: "the plan was made when strangers' ports were not told apart: ask again",
  },
  'server.not-created': {
    fault: 'errored',
    seen: ['op'],
    hint: 'The log of nova-scheduler and nova-compute tells.',
    help: SERVER_NOT_CREATED,
  },
  'server.not-deleted': {
    fault: 'errored',
    retry: true,
    seen: ['op'],
    words: 'The new server could not be removed again.',
    help: SERVER_NOT_CREATED,
  },
  'port.not-attached': { fault: 'errored', or: { fault: ['failed'] }, seen: ['op'], help: SERVER_NOT_CREATED },
  'keypair.busy': {
    fault: 'errored',
    retry: true,
    seen: ['op'],
    help: 'other restores need a key of this name, or another key came between',
  },
  ...each('server.not-created', [...SERVER_TROUBLES, 'no-volume', 'no-network', 'over-quota', 'too-slow'], {
    fault: 'errored',
    seen: ['op'],
    help: 'Nova made it and said why it failed: the message tells',
  }),
} as const satisfies Record<string, Entry>;
