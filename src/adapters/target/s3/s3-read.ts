import { GetObjectCommand } from '@aws-sdk/client-s3';
import { truncated, unavailable } from '../target-errors.ts';
import type { S3Calls } from './s3-calls.ts';

const RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

/**
 * Reads exactly these bytes, `length` > 0; a body that breaks off is requested again. `target.truncated`, or S3's
 * errors.
 */
export function readRange(
  target: string,
  calls: S3Calls,
  key: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const end = offset + length - 1;
  return calls.patiently(async () => {
    const command = new GetObjectCommand({ Bucket: calls.bucket, Key: key, Range: `bytes=${offset}-${end}` });
    const { Body, ContentRange } = await calls.client.send(command);
    const body = Body as (AsyncIterable<Uint8Array> & { destroy(): void }) | undefined;
    const [, from, , total] = RANGE.exec(ContentRange ?? '') ?? [];
    if (!body || Number(from) !== offset) {
      body?.destroy();
      throw unavailable(target, new Error(`asked for bytes from ${offset}, told ${ContentRange}`), { retry: false });
    }
    if (Number(total) <= end) {
      body.destroy();
      throw truncated();
    }
    return collect(body, length);
  });
}

async function collect(body: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let used = 0;
  for await (const chunk of body) {
    if (used + chunk.length > length) break;
    bytes.set(chunk, used);
    used += chunk.length;
  }
  if (used !== length) throw new Error('the body has another length than was told');
  return bytes;
}
