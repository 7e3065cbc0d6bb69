import { setTimeout as pause } from 'node:timers/promises';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { mayPass } from './s3-errors.ts';
import { S3_LIMITS, type S3Limits, type S3Settings } from './s3-settings.ts';

/** One bucket, and calls that are retried. */
export interface S3Calls {
  client: S3Client;
  bucket: string;
  limits: S3Limits;
  /** Repeats an act that may be repeated, with a pause that doubles and is partly random. */
  patiently<Result>(act: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** Only the given credentials, region and endpoint are used: nothing of the environment or of ~/.aws is read. */
export function s3Calls(settings: S3Settings): S3Calls {
  const limits = { ...S3_LIMITS, ...settings.limits };
  return {
    client: new S3Client(configOf(settings, limits)),
    bucket: settings.bucket,
    limits,
    async patiently(act, signal) {
      for (let tried = 1; ; tried += 1) {
        try {
          return await act();
        } catch (error) {
          signal?.throwIfAborted();
          if (tried >= limits.tries || !mayPass(error)) throw error;
          const longest = limits.pauseMs * 2 ** (tried - 1);
          await pause(longest * (0.5 + Math.random() / 2), undefined, { signal });
        }
      }
    },
  };
}

function configOf(settings: S3Settings, limits: S3Limits): S3ClientConfig {
  return {
    endpoint: settings.endpoint,
    region: settings.region,
    credentials: { accessKeyId: settings.accessKey, secretAccessKey: settings.secretKey },
    forcePathStyle: settings.pathStyle,
    // Gateways older than 2025 refuse the trailing checksums that the SDK adds by default. Instead, each body is sent
    // with its SHA-256 in the signature, which the server checks; what is read is checked by the archive.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // We repeat whole bodies ourselves: the SDK cannot repeat what it has already handed out.
    maxAttempts: 1,
    followRegionRedirects: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    defaultsMode: 'standard',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: limits.connectMs,
      socketTimeout: limits.idleMs,
      httpAgent: { keepAlive: true, maxSockets: 64 },
      httpsAgent: { keepAlive: true, maxSockets: 64, ...(settings.ca === undefined ? {} : { ca: settings.ca }) },
    },
  };
}
