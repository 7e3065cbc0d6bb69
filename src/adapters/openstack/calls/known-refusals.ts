import type { SERVER_TROUBLES } from '../../../domain/errors/cloud-codes.ts';
import type { ChildOf } from '../../../domain/errors/error-catalogue.ts';
import type { UpstreamError } from './error-text.ts';

/** A cause that is recognized in the services' messages. `code` follows `openstack.` */
export interface KnownRefusal<C extends string = ServerTrouble> {
  code: C;
  /** Ends the sentence "The … service refused: ". */
  words: string;
  hint?: string;
}

type ServerTrouble = (typeof SERVER_TROUBLES)[number];

type Row = readonly [statuses: readonly number[], said: RegExp, refusal: KnownRefusal];

const STATE = [400, 409];
const SIZE_HINT = 'Raise max_request_body_size of the service, or the limit of the proxy before it.';

/**
 * Taken from the sources of Zed; the first that matches counts. The service's message and its own name of the error are
 * matched together. Tenants may read the words here: nothing of the matched text gets into them.
 */
const KNOWN: readonly Row[] = [
  // No room, no address, no host
  [
    [400, 409, 500, 503],
    /no valid host|exhausted all hosts|insufficient compute resources|not enough hosts available/i,
    {
      code: 'no-host',
      words: 'no host has room for the server, or none fits what it asks for.',
      hint: 'Take a smaller flavor, another zone or no server group, or ask the operator for more hosts.',
    },
  ],
  [
    [400, 409, 500, 503],
    /no valid backend|no available weighted backend|available weighted backend|no weighed backends/i,
    {
      code: 'no-backend',
      words: 'no storage backend has room for the volume, or none fits its type and zone.',
      hint: 'Take another volume type or zone, or ask the operator for more room.',
    },
  ],
  [
    [400, 409, 503],
    /IpAddressGenerationFailure|ExternalIpAddressExhausted|no more ip addresses available|no (?:more )?fixed ip addresses|no more fixed ips/i,
    {
      code: 'no-addresses',
      words: 'no free address is left on the network.',
      hint: 'Free an address there, add a subnet, or say other networks.',
    },
  ],
  // Taken by somebody else
  [
    [400, 409],
    /IpAddressInUse|MacAddressInUse|IpAddressAlreadyAllocated|(?:ip|mac) address \S+ (?:is (?:already )?in use|already allocated)/i,
    { code: 'conflict.address-in-use', words: 'a MAC or fixed address is in use.', hint: 'Free it first.' },
  ],
  [
    [400, 409],
    /supplied device path/i,
    { code: 'conflict.device-in-use', words: 'the server has a disk of this device name already.' },
  ],
  [
    STATE,
    /already attached|already-attached/i,
    { code: 'conflict.already-attached', words: 'the volume is attached already.' },
  ],
  [
    STATE,
    /PortInUse|SecurityGroupInUse|NetworkInUse|SubnetInUse|port \S+ is still in use|InUse\b/i,
    { code: 'conflict.in-use', words: 'it is still in use.' },
  ],
  [
    [400, 409],
    /already exists|DuplicateSecurityGroupRule/i,
    { code: 'conflict.exists', words: 'there is one of this name or kind already.' },
  ],
  // Wrong states
  [
    STATE,
    /instance \S+ is locked/i,
    { code: 'conflict.server-locked', words: 'the server is locked.', hint: 'Unlock it, then try again.' },
  ],
  [
    STATE,
    /in (?:vm_state|task_state|power_state)|while (?:the instance|it) is in/i,
    {
      code: 'conflict.server-state',
      words: "the server's state does not allow it.",
      hint: 'Wait until Nova is done with it, then try again.',
    },
  ],
  [STATE, /not attached|is not currently attached/i, { code: 'conflict.not-attached', words: 'it is not attached.' }],
  [STATE, /in maintenance/i, { code: 'conflict.volume-maintenance', words: 'the volume is in maintenance.' }],
  [
    STATE,
    /volume.*status must be|status must be.*volume|status must be|must be in state|invalid status|current status|attach_status|must not be migrating/i,
    {
      code: 'conflict.status',
      words: 'its status, attachments or snapshots do not allow it.',
      hint: 'Wait until the service is done with it; detach it, or remove what depends on it.',
    },
  ],
  [
    STATE,
    /detach volume from instance using the compute api/i,
    { code: 'conflict.in-use', words: 'it is still in use.' },
  ],
  // Not acceptable to the service
  [
    [400],
    /cannot detach a root device/i,
    { code: 'bad-request.root-device', words: 'the disk that a server boots from stays with it.' },
  ],
  [
    [400],
    /multiattach/i,
    { code: 'bad-request.multiattach', words: 'the volume cannot be attached to several servers.' },
  ],
  [
    [400, 404, 409],
    /availability[ _]zone/i,
    {
      code: 'bad-request.zone',
      words: 'the availability zone is not there, or it and that of the volume differ.',
      hint: 'Name another zone.',
    },
  ],
  [
    [400],
    /flavor's (?:disk|memory)|too small for|is not big enough|smaller than the (?:minimum|image|size)|size of specified image/i,
    {
      code: 'bad-request.too-small',
      words: 'the flavor or the volume is too small for the image.',
      hint: 'Take a larger flavor.',
    },
  ],
  [
    [400],
    /invalid key_name|keypair data is invalid/i,
    {
      code: 'bad-request.key-pair',
      words: 'it does not take the key pair.',
      hint: 'Name another, or none.',
    },
  ],
  [
    [400, 404],
    /volume.type/i,
    { code: 'not-found.volume-type', words: 'the volume type is not there.', hint: 'Name another type.' },
  ],
  [
    [400],
    /image \S+ (?:could not be found|is unacceptable|is not active)|can not find requested image|ImageBadRequest/i,
    {
      code: 'bad-request.image',
      words: 'the image is not there, or cannot be used.',
      hint: 'Name another.',
    },
  ],
  [
    [400],
    /block device mapping|block device \S+ is not bootable/i,
    { code: 'bad-request.block-devices', words: 'it does not take the disks as they were described.' },
  ],
  [[400], /user ?_?data/i, { code: 'bad-request.user-data', words: "it does not take the server's user data." }],
  [
    [400],
    /Invalid ?Ip|not a valid IP|invalid for (?:subnet|network)|not valid for .*subnet/i,
    {
      code: 'bad-request.address',
      words: 'an address does not fit its network.',
      hint: 'Say `networks` with other addresses.',
    },
  ],
  [
    [400, 413],
    /(?:property|metadata).*(?:greater than 255|too long|more than 255|size)|invalid metadata size|InvalidVolumeMetadata/i,
    { code: 'bad-request.metadata-size', words: 'a metadata item is longer than it takes.' },
  ],
  [
    [406, 400],
    /version \S+ is not supported/i,
    {
      code: 'bad-request.version',
      words: 'it does not know this version of its API.',
      hint: 'The service is older or newer than this release of Rewind knows.',
    },
  ],
  [
    [413],
    /too large|entity/i,
    { code: 'bad-request.too-large', words: 'the request is longer than it takes.', hint: SIZE_HINT },
  ],
  // Rights
  [[403], /TrustUseLimit|trust/i, { code: 'forbidden.trust', words: 'the trust does not allow it, or is used up.' }],
  [
    [403],
    /external network/i,
    { code: 'forbidden.external-network', words: 'the project may have no ports on an external network.' },
  ],
];

/** Only in Nova's messages about a server in ERROR. */
const IN_ERROR: readonly (readonly [said: RegExp, trouble: KnownRefusal<'no-volume' | 'no-network'>])[] = [
  [
    /did not finish being created/i,
    {
      code: 'no-volume',
      words: 'a volume for it was not ready in time.',
      hint: 'See the log of cinder-volume.',
    },
  ],
  [
    /allocate the network|virtual interface creation failed|binding failed for port/i,
    {
      code: 'no-network',
      words: 'its ports could not be bound to the host.',
      hint: 'See the logs of the network agents and of nova-compute.',
    },
  ],
];

/**
 * Schemas and policies name what they refuse, and a tenant may have written that text: nothing else is looked for in
 * such messages.
 */
const FIELD = /^\W*(?:\w+ )?invalid input for (?:field\/attribute |field |operation|)'?([\w:.[\]-]*)/i;
const BY_POLICY = /policy doesn't allow|disallowed by policy|not authorized to perform/i;
const PLAIN_FIELD = /^[\w-]{1,40}/;

export const isPolicy = ({ text }: UpstreamError): boolean => BY_POLICY.test(text);
export const isField = ({ text }: UpstreamError): boolean => FIELD.test(text);

/** Undefined: it is none of the known ones. */
export function knownRefusal(status: number, said: UpstreamError): KnownRefusal<ChildOf<'openstack'>> | undefined {
  if (isPolicy(said)) return undefined;
  const field = FIELD.exec(said.text);
  if (field && status === 400) return wrongField(PLAIN_FIELD.exec(field[1] ?? '')?.[0]);
  return find(said, (statuses) => statuses.includes(status));
}

/** What Nova reports about a server in ERROR, with any number. */
export const knownFault = (text: string): KnownRefusal<ServerTrouble | 'no-volume' | 'no-network'> | undefined =>
  find({ text, kind: null }, () => true) ?? IN_ERROR.find(([said]) => said.test(text))?.[1];

function find({ text, kind }: UpstreamError, at: (statuses: readonly number[]) => boolean): KnownRefusal | undefined {
  const said = `${kind ?? ''} ${text}`;
  return KNOWN.find(([statuses, pattern]) => at(statuses) && pattern.test(said))?.[2];
}

const wrongField = (field: string | undefined): KnownRefusal<'bad-request.field'> => ({
  code: 'bad-request.field',
  words: field ? `it does not take the field \`${field}\` as it was sent.` : 'it does not take a field as it was sent.',
});
