import { createCipheriv, createDecipheriv, createHash, type KeyObject, webcrypto } from 'node:crypto';
import { giveBack } from '../../domain/give-back.ts';
import { ENVELOPE_BYTES, type RunKey } from '../keys/run-key.ts';
import { damaged } from '../runs/damage.ts';
import { SMALL_FRAME_BYTES } from './format-limits.ts';
import { type Frame, type RunParts, type StoredPart, type Table, tableOf } from './run-parts.ts';
import { SKIPPABLE, skippableHeader, unwrapSkippable } from './skippable.ts';

export const SEALED_RUN_FORMAT = 'rewind-run/2';

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const LETTER: Readonly<Record<Frame | Table, string>> = { head: 'h', frame: 'f', index: 'i', end: 'e', footer: 't' };
const FORMAT_BYTES = SEALED_RUN_FORMAT.length;

/**
 * AES-256-GCM for each part, under a key that serves one run only: kind and number of a part are its nonce, and no two
 * parts have the same. What a part is, where it belongs and how long it was is authenticated with it (docs/format.md).
 */
export function sealedParts(object: string, { key, envelope }: RunKey): RunParts {
  const name = Buffer.from(object, 'utf8');
  const opened = (what: string, words: Words, sealed: Uint8Array): Uint8Array => {
    try {
      return openNow(key, words, sealed);
    } catch (error) {
      throw foreign(object, what, error);
    }
  };
  return {
    format: SEALED_RUN_FORMAT,
    async sealFrame({ kind, number, plainBytes }, compressed) {
      const words = wordsOf(name, kind, number, plainBytes);
      const small = compressed.length <= SMALL_FRAME_BYTES;
      const sealed = small ? sealNow(key, words, compressed) : await sealInThread(key, words, compressed);
      if (!small) giveBack(compressed);
      return stored([skippableHeader(SKIPPABLE.sealed, sealed.length), sealed]);
    },
    async openFrame({ kind, number, plainBytes }, bytes) {
      const sealed = unwrapSkippable(SKIPPABLE.sealed, bytes);
      if (sealed === undefined) throw damaged(object, 'a frame is not encrypted');
      const words = wordsOf(name, kind, number, plainBytes);
      if (sealed.length <= SMALL_FRAME_BYTES) return opened('a frame', words, sealed);
      return openInThread(key, words, sealed).catch((error) => {
        throw foreign(object, 'a frame', error);
      });
    },
    sealTable({ kind, number }, payload) {
      const sealed = sealNow(key, wordsOf(name, kind, number, payload.length), payload);
      const clear = kind === 'footer' ? envelope : new Uint8Array();
      return stored([skippableHeader(SKIPPABLE[kind], clear.length + sealed.length), clear, sealed]);
    },
    openTable({ kind, number }, bytes) {
      const payload = tableOf(object, kind, bytes);
      const sealed = kind === 'footer' ? payload.subarray(ENVELOPE_BYTES) : payload;
      const words = wordsOf(name, kind, number, Math.max(0, sealed.length - TAG_BYTES));
      return opened(kind === 'index' ? 'an index block' : 'its footer', words, sealed);
    },
  };
}

interface Words {
  nonce: Buffer;
  /** Authenticated, not stored. */
  associated: Buffer;
}

function wordsOf(object: Uint8Array, kind: Frame | Table, number: number, plainBytes: number): Words {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.write(LETTER[kind], 0, 'latin1');
  nonce.writeBigUInt64LE(BigInt(number), 4);
  const associated = Buffer.alloc(FORMAT_BYTES + 13 + object.length);
  associated.write(SEALED_RUN_FORMAT, 0, 'latin1');
  associated.write(LETTER[kind], FORMAT_BYTES, 'latin1');
  associated.writeBigUInt64LE(BigInt(number), FORMAT_BYTES + 1);
  associated.writeUInt32LE(plainBytes, FORMAT_BYTES + 9);
  associated.set(object, FORMAT_BYTES + 13);
  return { nonce, associated };
}

function sealNow(key: KeyObject, { nonce, associated }: Words, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associated);
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function openNow(key: KeyObject, { nonce, associated }: Words, sealed: Uint8Array): Uint8Array {
  const cipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associated);
  cipher.setAuthTag(sealed.subarray(Math.max(0, sealed.length - TAG_BYTES)));
  return Buffer.concat([cipher.update(sealed.subarray(0, -TAG_BYTES)), cipher.final()]);
}

/** On the main thread, 4 MiB would delay everything else for some milliseconds. */
async function sealInThread(key: KeyObject, words: Words, bytes: Uint8Array): Promise<Uint8Array> {
  const { subtle } = webcrypto;
  return new Uint8Array(await subtle.encrypt(gcm(words), cryptoKey(key), bytes as Uint8Array<ArrayBuffer>));
}

async function openInThread(key: KeyObject, words: Words, sealed: Uint8Array): Promise<Uint8Array> {
  const { subtle } = webcrypto;
  return new Uint8Array(await subtle.decrypt(gcm(words), cryptoKey(key), sealed as Uint8Array<ArrayBuffer>));
}

const gcm = ({ nonce, associated }: Words) => ({
  name: 'AES-GCM',
  iv: nonce,
  additionalData: associated,
  tagLength: TAG_BYTES * 8,
});

const cryptoKey = (key: KeyObject): webcrypto.CryptoKey => key.toCryptoKey('AES-GCM', false, ['encrypt', 'decrypt']);

function stored(chunks: Uint8Array[]): StoredPart {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { chunks: chunks.filter((chunk) => chunk.length > 0), bytes, sha256: hash.digest() };
}

const foreign = (object: string, what: string, cause: unknown) =>
  damaged(object, `${what} was changed, or belongs to another place`, cause);
