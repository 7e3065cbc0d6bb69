import { describe, expect, test } from '@jest/globals';
import { serviceUrl } from '../../../src/adapters/openstack/calls/endpoints.ts';
import { baseConfig, endpoint } from './world.ts';

const PROJECT = 'f00d';
const catalog = (type: string, ...endpoints: unknown[]) => [{ type, endpoints }];

describe('versions and projects in paths', () => {
  test.each([
    ['compute', 'http://n/v2.1', 'http://n/v2.1'],
    ['compute', 'http://n/compute/v2.1/', 'http://n/compute/v2.1'],
    ['compute', 'http://n/compute/v2.1/0123', 'http://n/compute/v2.1'],
    ['compute', 'http://n/compute', 'http://n/compute/v2.1'],
    ['block-storage', 'http://c:8776/v3/0123', 'http://c:8776/v3/f00d'],
    ['block-storage', 'http://c/volume/v3', 'http://c/volume/v3/f00d'],
    ['block-storage', 'http://c/volume', 'http://c/volume/v3/f00d'],
    ['image', 'https://g:9292', 'https://g:9292/v2'],
    ['image', 'https://g/image/v2/', 'https://g/image/v2'],
    ['network', 'http://q:9696/', 'http://q:9696/v2.0'],
  ] as const)('%s at %s', (service, url, wanted) => {
    expect(serviceUrl(service, catalog(service, endpoint(url)), PROJECT, baseConfig)).toBe(wanted);
    const config = { ...baseConfig, endpointOverrides: { [service]: url } };
    expect(serviceUrl(service, [], PROJECT, config)).toBe(wanted);
  });

  test.each(['http://c/v3/%(project_id)s', 'http://c/v3/$(tenant_id)s'])('override %s', (url) => {
    const config = { ...baseConfig, endpointOverrides: { 'block-storage': url } };
    expect(serviceUrl('block-storage', [], PROJECT, config)).toBe('http://c/v3/f00d');
  });
});

describe('choice', () => {
  const both = [endpoint('http://public/v2.1', 'public'), endpoint('http://internal/v2.1', 'internal')];

  test('takes interfaces in order of preference', () => {
    const url = (interfaces?: string[]) =>
      serviceUrl('compute', catalog('compute', ...both), PROJECT, {
        ...baseConfig,
        ...(interfaces ? { interfaces } : {}),
      });
    expect(url()).toBe('http://internal/v2.1');
    expect(url(['public'])).toBe('http://public/v2.1');
    expect(url(['admin', 'public'])).toBe('http://public/v2.1');
    expect(() => url(['admin'])).toThrow(expect.objectContaining({ code: 'vm-backup.openstack.no-endpoint' }));
  });

  test('takes the exact region only', () => {
    const elsewhere = catalog('compute', endpoint('http://n/v2.1', 'internal', 'RegionTwo'));
    expect(() => serviceUrl('compute', elsewhere, PROJECT, baseConfig)).toThrow('no usable endpoint');
  });

  test.each(['block-storage', 'volumev3', 'volume'])('knows Cinder as %s', (type) => {
    expect(serviceUrl('block-storage', catalog(type, endpoint('http://c/v3/x')), PROJECT, baseConfig)).toBe(
      'http://c/v3/f00d',
    );
  });
});

describe('hostile endpoints', () => {
  test.each([
    'ftp://n/v2.1',
    'file:///etc/passwd',
    'nova:8774',
    'http://user:pass@n/v2.1',
    'http://keystone@evil/v2.1',
    'http://169.254.169.254/v2.1',
    'http://2852039166/v2.1',
    'http://0xA9FEA9FE/v2.1',
    'http://0251.0376.0251.0376/v2.1',
    'http://169.254.43518/v2.1',
    'http://[::ffff:169.254.169.254]/v2.1',
    'http://[::ffff:a9fe:a9fe]/v2.1',
    'http://[fe80::1]/v2.1',
    'http://0.0.0.0/v2.1',
    'http://[::]/v2.1',
    '',
  ])('refuses %s', (url) => {
    expect(() => serviceUrl('compute', catalog('compute', endpoint(url)), PROJECT, baseConfig)).toThrow(
      expect.objectContaining({ code: 'vm-backup.openstack.no-endpoint', fault: 'errored' }),
    );
  });

  test('keeps to the allowed hosts when told', () => {
    const config = { ...baseConfig, allowedHosts: ['nova.cloud', 'cinder.cloud:8776'] };
    const url = (address: string) => serviceUrl('compute', catalog('compute', endpoint(address)), PROJECT, config);
    expect(url('http://nova.cloud:8774/v2.1')).toBe('http://nova.cloud:8774/v2.1');
    expect(url('http://cinder.cloud:8776/v2.1')).toBe('http://cinder.cloud:8776/v2.1');
    expect(() => url('http://cinder.cloud:22/v2.1')).toThrow('no usable endpoint');
    expect(() => url('http://nova.cloud.evil/v2.1')).toThrow('no usable endpoint');
  });
});
