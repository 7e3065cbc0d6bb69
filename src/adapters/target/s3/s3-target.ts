import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { fullCode } from '../../../domain/errors.ts';
import type { Target } from '../../../ports/target.ts';
import { isName, MARK, objectName, prefixName } from '../directory/target-names.ts';
import { watchErrors } from '../directory/watch-errors.ts';
import { noBucket, notFound, overwrites, unavailable, versioned } from '../target-errors.ts';
import { type S3Calls, s3Calls } from './s3-calls.ts';
import { isTaken, s3Error } from './s3-errors.ts';
import { head, putNew, putWhole } from './s3-put.ts';
import { readRange } from './s3-read.ts';
import type { S3Settings } from './s3-settings.ts';

/** No part of an object's name begins with a dot. */
const CLAIMS = '.put/';
const PROBES = '.probe/';

/**
 * A bucket, or what lies below a prefix of it. As with a directory, while the mark is missing nothing but the mark is
 * written, and nothing is reported as absent: another bucket must not look like an empty target.
 */
export class S3Target implements Target {
  readonly name: string;
  readonly #root: string;
  readonly #calls: S3Calls;

  constructor(name: string, settings: S3Settings) {
    this.name = name;
    this.#root = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.#calls = s3Calls(settings);
  }

  async put(name: string, data: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
    const key = this.#key(name);
    const watched = watchErrors(data);
    try {
      signal?.throwIfAborted();
      if (name !== MARK) await this.#needMark(signal);
      const place = { target: this.name, key, claim: this.#root + CLAIMS + name };
      return await putNew(this.#calls, place, watched.data, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw watched.failed() ? error : s3Error(this.name, error);
    }
  }

  async size(name: string): Promise<number | undefined> {
    const key = this.#key(name);
    return this.#guard(async () => {
      const found = await this.#head(key);
      if (found === undefined) await this.#needPresence(name);
      return found?.length;
    });
  }

  async read(name: string, offset: number, length: number): Promise<Uint8Array> {
    const key = this.#key(name);
    try {
      // S3 has no empty ranges.
      if (length > 0) return await readRange(this.name, this.#calls, key, offset, length);
      if ((await this.#head(key)) === undefined) throw notFound();
      return new Uint8Array(0);
    } catch (error) {
      const refusal = s3Error(this.name, error);
      if (refusal.code === fullCode('target.not-found')) await this.#guard(() => this.#needPresence(name));
      throw refusal;
    }
  }

  async *list(prefix: string): AsyncGenerator<string, void, undefined> {
    const start = prefixName(prefix);
    await this.#guard(() => this.#needMark());
    for await (const { key } of this.#keys(start === '' ? '' : `${start}/`)) {
      const name = key.slice(this.#root.length);
      if (isName(name)) yield name;
    }
  }

  async remove(name: string): Promise<void> {
    const key = this.#key(name);
    await this.#guard(async () => {
      await this.#needMark();
      await this.#delete(key);
    });
  }

  async sweepTemporary(olderThanMs: number): Promise<number> {
    return this.#guard(async () => {
      await this.#needMark();
      const before = Date.now() - olderThanMs;
      let removed = await this.#abortUploads(before);
      for (const folder of [CLAIMS, PROBES]) {
        for await (const { key, at } of this.#keys(folder)) {
          if (at >= before) continue;
          await this.#delete(key);
          removed += 1;
        }
      }
      return removed;
    });
  }

  /** Also checks that the server refuses a name that is taken: everything here relies on that. */
  async probe(): Promise<void> {
    const key = `${this.#root}${PROBES}${randomUUID()}`;
    await this.#guard(async () => {
      await this.#needMark();
      if (await this.#isVersioned()) throw versioned(this.name);
      try {
        await putWhole(this.#calls, key, Uint8Array.of(1), randomUUID());
        const read = await readRange(this.name, this.#calls, key, 0, 1);
        const taken = await putWhole(this.#calls, key, Uint8Array.of(2), randomUUID()).then(() => false, isTaken);
        if (read[0] !== 1) throw unavailable(this.name);
        if (!taken) throw overwrites(this.name);
      } finally {
        await this.#delete(key).catch(() => undefined);
      }
    });
  }

  /** False also where the server does not answer: some do not know the question, and some keys may not ask it. */
  async #isVersioned(): Promise<boolean> {
    const { client, bucket } = this.#calls;
    const said = await client.send(new GetBucketVersioningCommand({ Bucket: bucket })).catch(() => undefined);
    return said?.Status === 'Enabled' || said?.Status === 'Suspended';
  }

  async space(): Promise<undefined> {
    await this.#guard(() => this.#needMark());
    return undefined;
  }

  async #guard<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      throw s3Error(this.name, error);
    }
  }

  #key(name: string): string {
    return this.#root + objectName(name);
  }

  #head(key: string, signal?: AbortSignal) {
    return this.#calls.patiently(() => head(this.#calls, key, signal), signal);
  }

  async #delete(key: string): Promise<void> {
    const { client, bucket, patiently } = this.#calls;
    await patiently(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
  }

  async #needMark(signal?: AbortSignal): Promise<void> {
    if ((await this.#head(this.#root + MARK, signal)) === undefined)
      throw unavailable(this.name, undefined, { retry: false });
  }

  /**
   * Called before an object is reported as absent: S3's answer is the same for a missing object and a missing bucket.
   */
  async #needPresence(name: string): Promise<void> {
    if (name !== MARK) return this.#needMark();
    const { client, bucket, patiently } = this.#calls;
    try {
      await patiently(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
    } catch (error) {
      const refusal = s3Error(this.name, error);
      throw refusal.code === fullCode('target.not-found') ? noBucket(this.name, error) : refusal;
    }
  }

  /** Keys below a prefix of ours, in order, with their time on the server's clock, ms. */
  async *#keys(prefix: string): AsyncGenerator<{ key: string; at: number }, void, undefined> {
    const { client, bucket, limits, patiently } = this.#calls;
    for (let token: string | undefined; ; ) {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: this.#root + prefix,
        MaxKeys: limits.pageEntries,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await this.#guard(() => patiently(() => client.send(command)));
      for (const { Key, LastModified } of page.Contents ?? [])
        if (Key !== undefined) yield { key: Key, at: LastModified?.getTime() ?? Number.POSITIVE_INFINITY };
      if (!page.IsTruncated) return;
      token = page.NextContinuationToken;
      if (token === undefined) throw unavailable(this.name);
    }
  }

  async #abortUploads(before: number): Promise<number> {
    const { client, bucket, limits, patiently } = this.#calls;
    let aborted = 0;
    for (let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}; next; ) {
      const from: { KeyMarker?: string; UploadIdMarker?: string } = next;
      const page = await patiently(() =>
        client.send(
          new ListMultipartUploadsCommand({
            Bucket: bucket,
            Prefix: this.#root,
            MaxUploads: limits.pageEntries,
            ...from,
          }),
        ),
      );
      for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
        if (!isName(Key.slice(this.#root.length)) || (Initiated?.getTime() ?? before) >= before) continue;
        await patiently(() => client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })));
        aborted += 1;
      }
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
      next = page.IsTruncated && KeyMarker && UploadIdMarker ? { KeyMarker, UploadIdMarker } : undefined;
    }
    return aborted;
  }
}
