import type { JsonObject } from './calls/read-json.ts';
import type { ServiceClient } from './calls/service-client.ts';

/** Glance, Image API v2. An image's properties lie beside its own fields. */
export interface ImageService {
  image(id: string): Promise<JsonObject | undefined>;
}

export function imageClient(client: ServiceClient): ImageService {
  return { image: (id) => client.find({ method: 'GET', path: ['images', id] }) };
}
