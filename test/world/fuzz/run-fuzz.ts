import { seeded } from './random.ts';
import { RawClient } from './raw-client.ts';
import { nextRequest, type RequestSource } from './requests.ts';

export interface FuzzReport {
  requests: number;
  /** Status → how many. */
  statuses: Record<string, number>;
  slowestMs: number;
  /** What must not be: with the number of the request, which the seed makes again. */
  bad: { number: number; status: number; ms: number; request: string; answer: string }[];
}

const MOST_MS = 2_000;
const LANES = 8;
const MOST_BAD = 20;
const ASKED_AGAIN = 2;

/**
 * So many generated requests, some at a time; none may be answered with 5xx, or later than after 2 s. A machine that stood
 * still for a moment is nobody's fault: what is slow is slow each time that it is asked.
 */
export async function runFuzz(
  to: { host: string; port: number },
  source: RequestSource,
  options: { requests: number; seed: number; each?: (number: number) => void },
): Promise<FuzzReport> {
  const report: FuzzReport = { requests: 0, statuses: {}, slowestMs: 0, bad: [] };
  const lane = async (): Promise<void> => {
    const client = new RawClient(to, 5 * MOST_MS);
    while (report.requests < options.requests && report.bad.length < MOST_BAD) {
      const number = report.requests;
      report.requests += 1;
      options.each?.(number);
      // each has a seed of its own, so that the order in which the lanes get there decides nothing
      const request = nextRequest(seeded(options.seed * 1_000_003 + number), source);
      let answer = await client.send(request);
      for (let again = 0; again < ASKED_AGAIN && answer.ms > MOST_MS && answer.status < 500; again += 1)
        answer = await client.send(request);
      const { status, ms, text } = answer;
      report.statuses[status] = (report.statuses[status] ?? 0) + 1;
      report.slowestMs = Math.max(report.slowestMs, ms);
      if (status >= 500 || ms > MOST_MS)
        report.bad.push({
          number,
          status,
          ms,
          request: request.bytes.toString('latin1').slice(0, 1_500),
          answer: text.slice(0, 600),
        });
    }
    client.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return report;
}
