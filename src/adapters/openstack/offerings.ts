import { hasCode } from '../../domain/errors.ts';
import { machineProperties } from '../../domain/points/recorded-server.ts';
import type { Flavor, Offerings } from '../../ports/server-making.ts';
import { readAll } from './calls/paging.ts';
import { integer, type JsonObject, list, object, strings, text } from './calls/read-json.ts';
import type { ServiceClient } from './calls/service-client.ts';
import type { ComputeVersions } from './nova/compute-versions.ts';

const ACT = ['2.79'];
const VOLUME = 'volume 3.50';

export interface OfferingsParts {
  compute: ServiceClient;
  blockStorage: ServiceClient;
  image: ServiceClient;
  versions: ComputeVersions;
}

/** What Nova, Cinder and Glance let a project choose from, and how much of its quota is left. */
export function offeringsClient({ compute, blockStorage, image, versions }: OfferingsParts): Offerings {
  const nova = async (...path: string[]): Promise<JsonObject> =>
    compute.read({ method: 'GET', path, microversion: await versions.pick(...ACT) });
  const cinder = (...path: string[]): Promise<JsonObject> =>
    blockStorage.read({ method: 'GET', path, microversion: VOLUME });

  return {
    async flavors() {
      const version = await versions.pick(...ACT);
      return (await readAll('compute', compute, ['flavors', 'detail'], 'flavors', {}, version)).map(flavorFrom);
    },
    async image(id) {
      const raw = await image.find({ method: 'GET', path: ['images', id] });
      return raw && { active: raw.status === 'active', properties: machineProperties(raw) };
    },
    async hasServerGroup(id) {
      const microversion = await versions.pick(...ACT);
      return (await compute.find({ method: 'GET', path: ['os-server-groups', id], microversion })) !== undefined;
    },
    computeZones: async () => zonesOf(await nova('os-availability-zone')),
    volumeZones: async () => zonesOf(await cinder('os-availability-zone')),
    async volumeTypes() {
      const types = list((await cinder('types')).volume_types);
      return types.flatMap((type) => [text(type.name) ?? '', text(type.id) ?? '']);
    },
    async computeRoom() {
      const limits = await absolute(nova('limits'));
      return {
        servers: left(limits, 'maxTotalInstances', 'totalInstancesUsed'),
        cores: left(limits, 'maxTotalCores', 'totalCoresUsed'),
        ramMiB: left(limits, 'maxTotalRAMSize', 'totalRAMUsed'),
        metadataItems: left(limits, 'maxServerMeta', ''),
      };
    },
    async volumeRoom() {
      const limits = await absolute(cinder('limits'));
      return {
        volumes: left(limits, 'maxTotalVolumes', 'totalVolumesUsed'),
        gigabytes: left(limits, 'maxTotalVolumeGigabytes', 'totalGigabytesUsed'),
      };
    },
  };
}

function flavorFrom(raw: JsonObject): Flavor {
  // Before 2.75, an empty string means no swap.
  const swap = typeof raw.swap === 'string' ? Number(raw.swap) : raw.swap;
  return {
    id: text(raw.id) ?? '',
    name: text(raw.name) ?? '',
    vcpus: integer(raw.vcpus) ?? 0,
    ramMiB: integer(raw.ram) ?? 0,
    diskGiB: integer(raw.disk) ?? 0,
    ephemeralGiB: integer(raw['OS-FLV-EXT-DATA:ephemeral']) ?? 0,
    swapMiB: integer(swap) ?? 0,
    extraSpecs: raw.extra_specs === undefined ? null : strings(raw.extra_specs),
  };
}

const zonesOf = (body: JsonObject): string[] =>
  list(body.availabilityZoneInfo)
    .filter((zone) => object(zone.zoneState).available === true)
    .map((zone) => text(zone.zoneName) ?? '');

/** A cloud may hide its limits: then the services themselves refuse what is too much. */
async function absolute(answer: Promise<JsonObject>): Promise<JsonObject> {
  try {
    return object(object((await answer).limits).absolute);
  } catch (error) {
    if (hasCode(error, 'openstack.forbidden') || hasCode(error, 'openstack.not-found')) return {};
    throw error;
  }
}

/** -1 is no limit. */
function left(limits: JsonObject, most: string, used: string): number | null {
  const limit = integer(limits[most]);
  return limit === null || limit < 0 ? null : limit - (integer(limits[used]) ?? 0);
}
