import { isIP } from 'node:net';
import { RewindError } from '../../../domain/errors.ts';
import { type CloudConfig, DEFAULT_INTERFACES, type ServiceName } from './openstack-config.ts';
import { list, text } from './read-json.ts';

/** Official type first, then the aliases of the service-types authority in its order. */
const TYPES: Record<ServiceName, readonly string[]> = {
  identity: ['identity'],
  compute: ['compute'],
  'block-storage': ['block-storage', 'volumev3', 'volumev2', 'volume', 'block-store'],
  image: ['image'],
  network: ['network'],
};

/** The version in an endpoint's path; an unversioned endpoint gets one. */
const VERSION = /^(.*?\/v\d+(?:\.\d+)?)(?:\/|$)/;
const DEFAULT_VERSION: Record<ServiceName, string> = {
  identity: '/v3',
  compute: '/v2.1',
  'block-storage': '/v3',
  image: '/v2',
  network: '/v2.0',
};

/** As Keystone gave it with our own token. */
export type Catalog = readonly { type: string; endpoints: unknown }[];

/**
 * Where a service is for a project: versioned, without a slash at the end; for Cinder with the project in the path,
 * which all its versions understand (before 3.67 it was required). Comes from the configuration or from the catalogue
 * of our own token, never from any other answer. Rejects with `openstack.no-endpoint` (errored).
 */
export function serviceUrl(service: ServiceName, catalog: Catalog, projectId: string, config: CloudConfig): string {
  const found = config.endpointOverrides?.[service] ?? inCatalog(service, catalog, config);
  if (found === undefined) throw noEndpoint(service, 'is not in the catalogue');
  const url = vetted(service, found, config.allowedHosts);
  const path = url.pathname.replace(/\/+$/, '');
  const versioned = VERSION.exec(path)?.[1] ?? `${path}${DEFAULT_VERSION[service]}`;
  return `${url.origin}${versioned}${service === 'block-storage' ? `/${projectId}` : ''}`;
}

function inCatalog(service: ServiceName, catalog: Catalog, config: CloudConfig): string | undefined {
  const interfaces = config.interfaces ?? DEFAULT_INTERFACES;
  for (const type of TYPES[service]) {
    const endpoints = catalog
      .filter((entry) => entry.type === type)
      .flatMap((entry) => list(entry.endpoints))
      .filter((endpoint) => (endpoint.region_id ?? endpoint.region) === config.region);
    for (const name of interfaces) {
      const url = text(endpoints.find((endpoint) => endpoint.interface === name)?.url);
      if (url !== null) return url;
    }
  }
  return undefined;
}

/**
 * The token goes there, so the URL must be http(s), without a user name, not of a metadata service, and on an allowed
 * host if those are configured.
 */
function vetted(service: ServiceName, text: string, allowedHosts: readonly string[] | undefined): URL {
  const url = URL.parse(text.replace(/[%$]\((?:project|tenant)_id\)s/g, ''));
  if (url === null || !/^https?:$/.test(url.protocol)) throw noEndpoint(service, 'has an endpoint that is no http URL');
  if (url.username !== '' || url.password !== '') throw noEndpoint(service, 'has an endpoint with a user name in it');
  if (isLinkLocal(url.hostname)) throw noEndpoint(service, 'has an endpoint on a link-local address');
  if (allowedHosts !== undefined && !allowedHosts.includes(url.host) && !allowedHosts.includes(url.hostname))
    throw noEndpoint(service, 'has an endpoint on a host that is not allowed');
  return url;
}

/** URL has already normalized the address, whatever its base or notation was. */
function isLinkLocal(hostname: string): boolean {
  if (isIP(hostname) === 4) return hostname.startsWith('169.254.') || hostname.startsWith('0.');
  const v6 = hostname.replace(/^\[|\]$/g, '');
  return isIP(v6) === 6 && (/^fe[89ab]/.test(v6) || v6.startsWith('::ffff:a9fe:') || v6 === '::');
}

function noEndpoint(service: ServiceName, why: string): RewindError {
  return new RewindError('openstack.no-endpoint', `The ${service} service has no usable endpoint.`, {
    cause: new Error(`the ${service} service ${why}`),
  });
}
