import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBody as volumeBody } from '../../src/adapters/openstack/cinder/block-storage.ts';
import { portBody } from '../../src/adapters/openstack/networking.ts';
import { createBody as serverBody } from '../../src/adapters/openstack/nova/make-server.ts';
import { fitImageProperties, fitsKeypair } from '../../src/domain/service-limits.ts';
import { anyPort, anyServer, anyTexts, anyVolume } from '../world/any-recorded.ts';
import { PROJECT_ROOT } from '../world/lab/lab.ts';

type Sent = [what: string, body: unknown];

/** Asks the schemas of the services themselves, as Debian packages them. */
function judge(service: 'nova' | 'cinder' | 'neutron', sent: readonly Sent[]): (string | null)[] {
  const script = join(PROJECT_ROOT, 'test/world/lab/limits_judge.py');
  const child = spawnSync('/usr/bin/python3', ['-W', 'ignore', script, service], {
    input: JSON.stringify(sent),
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 ** 2,
  });
  if (child.status !== 0) throw new Error(child.stderr.toString());
  return JSON.parse(child.stdout.toString()) as (string | null)[];
}

const SAMPLES = 300;
const IMAGE = '0d3c6a5e-7f3e-4a83-9c2b-1f6d1a2b3c4d';

test.each<['nova' | 'cinder' | 'neutron', (some: <T>(one: fc.Arbitrary<T>) => T[]) => Sent[], Sent[]]>([
  [
    'nova',
    (some) => [
      ...some(anyServer).map((one): Sent => ['server', serverBody({ ...one, imageId: IMAGE }, true)]),
      ...some(fc.string({ minLength: 1, maxLength: 260 }))
        .filter(fitsKeypair)
        .map((name): Sent => ['keypair', { keypair: { name, type: 'ssh', public_key: 'ssh-rsa AAAA' } }]),
    ],
    [
      ['server', { server: { name: 'a\u0007', flavorRef: '1', networks: 'none' } }],
      ['keypair', { keypair: { name: 'é', type: 'ssh', public_key: 'k' } }],
    ],
  ],
  [
    'cinder',
    (some) => [
      ...some(anyVolume).map((one): Sent => ['volume', { volume: volumeBody(one) }]),
      ...some(anyTexts).map(
        (one): Sent => ['image-metadata', { 'os-set_image_metadata': { metadata: fitImageProperties(one).value } }],
      ),
    ],
    [
      ['image-metadata', { 'os-set_image_metadata': { metadata: { long: 'x'.repeat(256) } } }],
      ['volume', { volume: { size: 1, metadata: { 'a+b': 'c' } } }],
    ],
  ],
  [
    'neutron',
    (some) => some(anyPort).map((one): Sent => ['port', portBody(one)]),
    [['port', { name: 'x'.repeat(256), description: '' }]],
  ],
])(
  'whatever a source holds, what is sent passes the schemas of %s, which refuse what they must',
  (service, make, bad) => {
    const seed = Date.now() % 2 ** 31;
    const sent = make((one) => fc.sample(one, { numRuns: SAMPLES, seed }));
    const said = judge(service, [...sent, ...bad]);
    const wrong = said.slice(0, sent.length).flatMap((one, n) => (one === null ? [] : [{ seed, one, sent: sent[n] }]));
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(said.slice(sent.length)).not.toContain(null);
  },
);
