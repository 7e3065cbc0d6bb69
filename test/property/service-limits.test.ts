import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createBody as volumeBody } from '../../src/adapters/openstack/cinder/block-storage.ts';
import { portBody } from '../../src/adapters/openstack/networking.ts';
import { createBody as serverBody } from '../../src/adapters/openstack/nova/make-server.ts';
import { fitImageProperties, fitItems, withSuffix } from '../../src/domain/service-limits.ts';
import { anyPort, anyServer, anyTexts, anyVolume } from '../world/any-recorded.ts';

/** The services' schemas, written down from their sources; the contract test asks the services' own. */
const length = (text: string) => [...text].length;
const isTexts = (key: RegExp) => (given: unknown) =>
  Object.entries(given as Record<string, string>).every(([name, value]) => key.test(name) && length(value) <= 255);
const novaTexts = isTexts(/^[a-zA-Z0-9\-_:. ]{1,255}$/);
const cinderTexts = isTexts(/^[a-zA-Z0-9\-_:. /]{1,255}$/);
const printable = (text: string) => /^[^\p{C}\p{Zl}\p{Zp}\u{ffff}-\u{10ffff}]*$/u.test(text);
const isText = (value: unknown): value is string => typeof value === 'string';

describe('whatever a source holds, what is sent fits', () => {
  test('Nova: servers', () => {
    fc.assert(
      fc.property(anyServer, (given) => {
        const { server } = serverBody(given, true) as { server: Record<string, unknown> };
        expect(isText(server.name) && length(server.name) >= 1 && length(server.name) <= 255).toBe(true);
        expect(isText(server.name) && printable(server.name) && server.name.trim() === server.name).toBe(true);
        if (server.description !== undefined)
          expect(isText(server.description) && printable(server.description) && length(server.description) <= 255).toBe(
            true,
          );
        expect(novaTexts(server.metadata)).toBe(true);
        const tags = (server.tags ?? []) as string[];
        expect(tags.length <= 50 && tags.every((tag) => /^[^,/]{1,60}$/u.test(tag))).toBe(true);
        expect(((server.user_data as string | undefined) ?? '').length).toBeLessThanOrEqual(65_535);
        expect(JSON.stringify(server)).not.toMatch(/\\ud[89a-f]/);
      }),
    );
  });

  test('Cinder: volumes and their image properties', () => {
    fc.assert(
      fc.property(anyVolume, anyTexts, (given, properties) => {
        const volume = volumeBody(given);
        for (const text of [volume.name, volume.description])
          expect(text === undefined || (isText(text) && length(text.trim()) <= 255)).toBe(true);
        expect(cinderTexts(volume.metadata)).toBe(true);
        expect(Object.keys(volume.metadata as object)).not.toEqual(expect.arrayContaining(['readonly']));
        expect(cinderTexts(fitImageProperties(properties).value)).toBe(true);
        expect(JSON.stringify(volume)).not.toMatch(/\\ud[89a-f]/);
      }),
    );
  });

  test('Neutron: ports', () => {
    fc.assert(
      fc.property(anyPort, (given) => {
        const port = portBody(given);
        expect([port.name, port.description].every((text) => isText(text) && length(text) <= 255)).toBe(true);
        for (const pair of (port.allowed_address_pairs ?? []) as object[])
          expect(Object.keys(pair).every((key) => ['ip_address', 'mac_address'].includes(key))).toBe(true);
      }),
    );
  });

  test('suffixes and our own items find room', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(64), (name, n) => {
        const made = withSuffix(name, `-${n}`);
        expect(length(made) <= 255 && made.endsWith(`-${n}`)).toBe(true);
      }),
    );
    const full = Object.fromEntries(Array.from({ length: 128 }, (_, n) => [`k${n}`, 'v']));
    expect(Object.keys(fitItems(full, 128, 1).value)).toHaveLength(127);
    expect(fitItems(full, 128).left).toEqual([]);
    expect(fitItems(full, 64).left).toMatchObject([{ code: 'server.metadata-items' }]);
    expect(Object.keys(fitItems(full, null, 1).value)).toHaveLength(128);
  });
});

test('properties of simplestreams and signed images are left out and told, the rest is kept', () => {
  const given = {
    hw_disk_bus: 'scsi',
    img_signature: 'x'.repeat(344),
    'com.ubuntu+cloud': 'v',
    signature_verified: 'False',
  };
  const { value, left } = fitImageProperties(given, 'disk d');
  expect(value).toEqual({ hw_disk_bus: 'scsi' });
  expect(left).toEqual([
    {
      code: 'volume.image-property',
      detail:
        'Image properties of disk d that the Block Storage service gives out and does not take: img_signature, ….',
    },
  ]);
});
