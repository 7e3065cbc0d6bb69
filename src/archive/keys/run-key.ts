import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { ProjectKey } from '../../ports/keys.ts';
import { damaged } from '../runs/damage.ts';

const DATA_KEY_BYTES = 32;
/** RFC 3394 uses no nonce, so none can be repeated. */
const KEY_WRAP = 'id-aes256-wrap';
const KEY_WRAP_IV = Buffer.from('a6a6a6a6a6a6a6a6', 'hex');
const KEY_ID_BYTES = 16;
const WRAPPED_BYTES = DATA_KEY_BYTES + 8;
/** In front of an encrypted footer: the id of the project's key, and the run's own key wrapped under it. */
export const ENVELOPE_BYTES = KEY_ID_BYTES + WRAPPED_BYTES;

export interface RunKey {
  key: KeyObject;
  envelope: Uint8Array;
}

/** A fresh key for one attempt to write one run, so that a plain number can be its nonce. */
export function newRunKey(project: ProjectKey): RunKey {
  const bytes = randomBytes(DATA_KEY_BYTES);
  const cipher = createCipheriv(KEY_WRAP, project.key, KEY_WRAP_IV);
  const wrapped = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { key, envelope: Buffer.concat([Buffer.from(project.id.replaceAll('-', ''), 'hex'), wrapped]) };
}

/** Id of the project's key that the run needs. */
export function projectKeyIdOf(envelope: Uint8Array): string {
  const hex = Buffer.from(envelope.subarray(0, KEY_ID_BYTES)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Throws `archive.damaged` when the project's key did not wrap it. */
export function openRunKey(object: string, project: ProjectKey, envelope: Uint8Array): KeyObject {
  try {
    const cipher = createDecipheriv(KEY_WRAP, project.key, KEY_WRAP_IV);
    const bytes = Buffer.concat([cipher.update(envelope.subarray(KEY_ID_BYTES)), cipher.final()]);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  } catch (error) {
    throw damaged(object, 'its key was not wrapped under the key of its project', error);
  }
}
