import { createHash } from 'node:crypto';
import { PROJECTS_PREFIX, parseManifestObject, parseRunObject, type ServerPlace } from '../../archive/format/layout.ts';
import type { Target } from '../../ports/target.ts';

export interface ListedServer extends ServerPlace {
  /** A hash over the names of all manifests and runs that lie there for the server. */
  listed: string;
}

/** All servers of which the target has anything: takes one listing and reads nothing. */
export async function* serversOn(target: Target): AsyncGenerator<ListedServer, void, undefined> {
  let present: ServerPlace | undefined;
  let names = createHash('sha256');
  for await (const object of target.list(PROJECTS_PREFIX)) {
    const place = parseRunObject(object) ?? parseManifestObject(object);
    if (!place) continue;
    // Names are sorted: objects of one server follow each other.
    if (present && (present.serverId !== place.serverId || present.projectId !== place.projectId)) {
      yield { ...present, listed: names.digest('hex') };
      names = createHash('sha256');
    }
    present = { projectId: place.projectId, serverId: place.serverId };
    names.update(`${object}\n`);
  }
  if (present) yield { ...present, listed: names.digest('hex') };
}
