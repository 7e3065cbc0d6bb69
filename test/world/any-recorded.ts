import fc from 'fast-check';
import type { NewVolume } from '../../src/ports/openstack.ts';
import type { NewPort, NewServer } from '../../src/ports/server-making.ts';

/** Anything that a service may have given out, and worse. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ minLength: 200, maxLength: 600 }),
  fc.constantFrom('', ' ', ' a ', 'a\n', '😀'.repeat(200), '\ud800', 'ü'.repeat(256), 'readonly', 'a/b', 'a,b'),
);
const anyKey = fc.oneof(
  anyText,
  fc.stringMatching(/^[a-z_]{1,12}$/),
  fc.constantFrom('readonly', 'attached_mode', 'a/b'),
);
export const anyTexts = fc.dictionary(anyKey, anyText, { maxKeys: 12 });
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
const id = fc.uuid();

export const anyServer: fc.Arbitrary<NewServer> = fc.record({
  name: anyText,
  description: orNull(anyText),
  hostname: orNull(anyText),
  flavorId: fc.constant('1'),
  imageId: id,
  rootVolume: fc.constant(null),
  ports: fc.array(fc.record({ id, tag: orNull(anyText) }), { maxLength: 3 }),
  keyName: fc.constant(null),
  availabilityZone: fc.constant(null),
  serverGroupId: fc.constant(null),
  configDrive: fc.boolean(),
  userData: orNull(fc.oneof(fc.base64String(), fc.base64String({ minLength: 65_540, maxLength: 65_600 }), anyText)),
  metadata: anyTexts,
  tags: fc.array(anyText, { maxLength: 70 }),
});

export const anyVolume: fc.Arbitrary<NewVolume> = fc.record({
  name: orNull(anyText),
  description: orNull(anyText),
  sizeGiB: fc.integer({ min: 1, max: 100 }),
  volumeType: fc.constant(null),
  availabilityZone: fc.constant(null),
  metadata: anyTexts,
});

export const anyPort: fc.Arbitrary<NewPort> = fc.record({
  name: anyText,
  description: anyText,
  networkId: id,
  macAddress: fc.constant(null),
  fixedIps: fc.constant([]),
  securityGroups: fc.array(id, { maxLength: 2 }),
  portSecurity: fc.boolean(),
  addressPairs: fc.array(fc.dictionary(fc.constantFrom('ip_address', 'mac_address', 'active'), anyText), {
    maxLength: 3,
  }),
  dhcpOptions: fc.array(fc.dictionary(fc.constantFrom('opt_name', 'opt_value', 'x'), anyText), { maxLength: 3 }),
  vnicType: fc.constant('normal'),
  adminStateUp: fc.boolean(),
});
