import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { giveBack } from '../../../domain/give-back.ts';
import { exists, full, unavailable } from '../target-errors.ts';
import type { S3Calls } from './s3-calls.ts';
import { isAbsent, isTaken } from './s3-errors.ts';
import { inParts, MAX_PARTS, type Part } from './s3-parts.ts';

/** Bytes of parts that are being sent at the same time, besides the one being filled; at least one part. */
const IN_FLIGHT_BYTES = 48 * 1024 * 1024;
/** Written on each object: the attempt that made it, so that a lost answer can be told from a name that is taken. */
const MADE_BY = 'rewind-put';

export interface S3Place {
  target: string;
  key: string;
  /** Outside the names of objects. The first to write it may upload to `key`. */
  claim: string;
}

/**
 * Writes an object of unknown length that must not exist yet. If it fits into one part, it is sent as one conditional
 * request; otherwise as an upload in parts, of which nothing is visible before it is complete. Returns the bytes.
 */
export async function putNew(
  calls: S3Calls,
  place: S3Place,
  data: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  const madeBy = randomUUID();
  const parts = inParts(data, calls.limits.partBytes, signal);
  const { value: first } = await parts.next();
  if (!first) throw new Error('no part');
  if (first.last) {
    await putWhole(calls, place.key, first.bytes, madeBy, signal);
    return first.bytes.length;
  }
  try {
    return await claimed(calls, place, madeBy, () => upload(calls, place, first, parts, madeBy, signal), signal);
  } finally {
    await parts.return();
  }
}

/** Refuses a name that is taken (412), unless this very call took it and the answer was lost. */
export async function putWhole(
  { client, bucket, patiently }: S3Calls,
  key: string,
  bytes: Uint8Array,
  madeBy: string,
  signal?: AbortSignal,
): Promise<void> {
  await patiently(async () => {
    try {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: bytes,
        IfNoneMatch: '*',
        Metadata: { [MADE_BY]: madeBy },
      });
      await client.send(command, optionsOf(signal));
    } catch (error) {
      if (!isTaken(error) || (await madeByOf({ client, bucket }, key, signal)) !== madeBy) throw error;
    }
  }, signal);
}

/**
 * Ceph's gateways before 20 complete an upload over an existing object. So uploads to one name take turns: the claim is
 * made by a conditional request, which they do understand.
 */
async function claimed<Result>(
  calls: S3Calls,
  { key, claim }: S3Place,
  madeBy: string,
  act: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const { client, bucket, patiently } = calls;
  await putWhole(calls, claim, Buffer.alloc(0), madeBy, signal);
  try {
    if ((await patiently(() => madeByOf(calls, key, signal), signal)) !== undefined) throw exists();
    return await act();
  } finally {
    // A claim that stays behind is swept; its name is never used again.
    await patiently(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: claim }))).catch(() => undefined);
  }
}

async function upload(
  calls: S3Calls,
  { target, key }: S3Place,
  first: Part,
  rest: AsyncIterable<Part>,
  madeBy: string,
  signal?: AbortSignal,
): Promise<number> {
  const { client, bucket, patiently } = calls;
  const create = new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, Metadata: { [MADE_BY]: madeBy } });
  const { UploadId } = await patiently(() => client.send(create, optionsOf(signal)), signal);
  const place = { Bucket: bucket, Key: key, UploadId };
  try {
    const { sent, parts } = await sendParts(calls, { target, place, first, rest, signal });
    signal?.throwIfAborted();
    const complete = new CompleteMultipartUploadCommand({
      ...place,
      IfNoneMatch: '*',
      MultipartUpload: { Parts: parts },
    });
    const refused = await patiently(() => client.send(complete)).then(
      () => undefined,
      (error: unknown) => error,
    );
    // The answer may be lost, and some gateways confirm an upload that they do not know: the object itself decides.
    const found = await patiently(() => head(calls, key));
    if (found?.madeBy === madeBy && found.length === sent) return sent;
    throw refused ?? (found && found.madeBy !== madeBy ? exists() : unavailable(target));
  } catch (error) {
    await patiently(() => client.send(new AbortMultipartUploadCommand(place))).catch(() => undefined);
    throw error;
  }
}

interface Sending {
  target: string;
  place: { Bucket: string; Key: string; UploadId: string | undefined };
  first: Part;
  rest: AsyncIterable<Part>;
  signal: AbortSignal | undefined;
}

/** Sends several at a time. After the first failure no more are begun, and those under way are awaited. */
async function sendParts(
  { client, patiently }: S3Calls,
  { target, place, first, rest, signal }: Sending,
): Promise<{ sent: number; parts: CompletedPart[] }> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const parts: CompletedPart[] = [];
  const flying = new Set<Promise<void>>();
  let sent = 0;
  const send = async ({ number, bytes }: Part): Promise<void> => {
    const { ETag } = await patiently(
      () => client.send(new UploadPartCommand({ ...place, PartNumber: number, Body: bytes }), optionsOf(either)),
      either,
    );
    parts[number - 1] = { PartNumber: number, ETag };
    giveBack(bytes);
  };
  const begin = async (part: Part): Promise<void> => {
    if (part.number > MAX_PARTS) throw full(target);
    while (flying.size > 0 && flying.size * part.bytes.length >= IN_FLIGHT_BYTES) await Promise.race(flying);
    sent += part.bytes.length;
    const one = send(part).finally(() => flying.delete(one));
    // The next one to wait for it sees its failure; until then it must not count as unhandled.
    one.catch((error) => stop.abort(error));
    flying.add(one);
  };
  try {
    await begin(first);
    for await (const part of rest) {
      stop.signal.throwIfAborted();
      await begin(part);
    }
    await Promise.all(flying);
    stop.signal.throwIfAborted();
    return { sent, parts };
  } catch (error) {
    const why = stop.signal.aborted ? stop.signal.reason : error;
    stop.abort(why);
    await Promise.allSettled(flying);
    throw why;
  }
}

/** Which attempt made the object; '' when it was not ours, undefined when there is no object. */
const madeByOf = async (calls: Pick<S3Calls, 'client' | 'bucket'>, key: string, signal?: AbortSignal) =>
  (await head(calls, key, signal))?.madeBy;

export async function head({ client, bucket }: Pick<S3Calls, 'client' | 'bucket'>, key: string, signal?: AbortSignal) {
  try {
    const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), optionsOf(signal));
    return { length: found.ContentLength ?? 0, madeBy: found.Metadata?.[MADE_BY] ?? '' };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

const optionsOf = (signal?: AbortSignal): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {});
