import { sleep } from '../world/lab/lab.ts';
import type { Answer, Tenant } from '../world/lab/tenant.ts';
import type { Scene } from './scene.ts';

/** A verb came to nothing, for a reason that may be: it is counted, and the run goes on. */
export class CameToNothing extends Error {}

/** Nothing that is asked of Rewind may take longer, whatever was away meanwhile. Milliseconds. */
const LONGEST_MS = 900_000;
const LOOK_MS = 700;

type Json = Record<string, unknown>;

/**
 * Asks Rewind's API, again while it is away or says 503. Whatever else it says comes back; an answer of its own of 500
 * or above is wrong.
 */
export async function ask<T = Json>(
  scene: Scene,
  who: Tenant,
  method: string,
  path: string,
  body?: Json,
): Promise<Answer<T>> {
  const end = Date.now() + LONGEST_MS;
  for (;;) {
    const answer = await scene.rewind.call<T>(who, method, path, body).catch(() => undefined);
    if (answer && answer.status !== 503) {
      if (answer.status >= 500)
        scene.wrong.push(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer;
    }
    if (Date.now() > end) throw new Error(`Rewind did not answer ${method} ${path}`);
    await sleep(LOOK_MS);
  }
}

/** An accepted request's body; a refusal ends the verb. */
export async function accepted<T = Json>(
  scene: Scene,
  who: Tenant,
  method: string,
  path: string,
  body?: Json,
): Promise<T> {
  const { status, body: said } = await ask<T & { errors?: { code: string }[] }>(scene, who, method, path, body);
  if (status < 300) return said;
  throw new CameToNothing(said.errors?.[0]?.code.replace('vm-backup.', '') ?? String(status));
}

export interface Resource extends Json {
  id: string;
  status: string;
  fail_code: string | null;
  operation_id: string;
  disks: { id: string; kind: string; volume_id: string | null }[];
  volumes?: { disk_id: string; volume_id: string | null }[];
  server_id?: string | null;
}

const UNDER_WAY = ['creating', 'restoring', 'deleting'];

/** Asks for something long and waits for its end. One that did not become available ends the verb, its code counted. */
export async function carryOut(
  scene: Scene,
  kind: 'backup' | 'snapshot' | 'restore',
  body: Json,
  meanwhile: (operationId: string) => Promise<unknown> = async () => undefined,
): Promise<Resource> {
  const asked = await accepted<Record<string, Resource>>(scene, scene.demo, 'POST', `/v1/${kind}s`, { [kind]: body });
  const { id, operation_id } = asked[kind] as Resource;
  await meanwhile(operation_id);
  return ended(scene, kind, id);
}

export async function ended(scene: Scene, kind: string, id: string): Promise<Resource> {
  const end = Date.now() + LONGEST_MS;
  for (;;) {
    const { status, body } = await ask<Record<string, Resource>>(scene, scene.demo, 'GET', `/v1/${kind}s/${id}`);
    const seen = body[kind];
    if (status === 200 && seen && !UNDER_WAY.includes(seen.status)) {
      if (seen.status === 'available') return seen;
      if (seen.fail_code?.endsWith('.internal')) scene.wrong.push(`${kind} ${id} ended as ${seen.fail_code}`);
      throw new CameToNothing(seen.fail_code?.replace('vm-backup.', '') ?? seen.status);
    }
    if (status === 404) throw new CameToNothing('gone');
    if (Date.now() > end) throw new Error(`${kind} ${id} is ${seen?.status} after ${LONGEST_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}

/** Deletes a point, and waits until it is gone. */
export async function dropPoint(scene: Scene, kind: 'backup' | 'snapshot', id: string): Promise<void> {
  const end = Date.now() + LONGEST_MS;
  const path = `/v1/${kind}s/${id}`;
  const answer = await ask<{ errors?: { code: string }[] }>(scene, scene.demo, 'DELETE', path);
  if (answer.status === 404) return;
  if (answer.status >= 300) throw new CameToNothing(answer.body.errors?.[0]?.code.replace('vm-backup.', '') ?? '');
  for (;;) {
    const { status, body } = await ask<Record<string, Resource>>(scene, scene.demo, 'GET', path);
    if (status === 404) return;
    const now = body[kind]?.status;
    if (now !== 'deleting') throw new CameToNothing(`delete ended as ${now} ${body[kind]?.fail_code ?? ''}`);
    if (Date.now() > end) throw new Error(`${kind} ${id} is being deleted for ${LONGEST_MS / 1000} s`);
    await sleep(LOOK_MS);
  }
}
