import { expect } from '@jest/globals';
import { until } from './lab.ts';
import { type Installation, type OperationView, settled } from './rewind.ts';
import type { Tenant } from './tenant.ts';

/** The body of an error. */
export interface Refusal {
  errors: { code: string; detail: string; hint?: string }[];
}

type Seen = OperationView & { undoing: boolean; bytes_done: number };

export type Outcomes = ReturnType<typeof outcomes>;

/** How what is asked may end badly; `look` gives everything that must be as before. */
export function outcomes(rewind: Installation, demo: Tenant, look: () => Promise<unknown>) {
  /** Whatever went wrong in `happen`: everything is as before. */
  const leavesNothing = async <T>(happen: () => Promise<T>): Promise<T> => {
    const before = await look();
    const result = await happen();
    expect(await look()).toEqual(before);
    return result;
  };

  const operation = async (id: string): Promise<Seen> =>
    (await rewind.call<{ operation: Seen }>(demo, 'GET', `/v1/operations/${id}`)).body.operation;

  /** Said no to at once, with this code and words that a person can read; and nothing came of it. */
  const refused = (ask: readonly [string, string, unknown], status: number, code: string): Promise<void> =>
    leavesNothing(async () => {
      const operations = async () => (await rewind.call(demo, 'GET', '/v1/operations')).body;
      const before = await operations();
      const answer = await rewind.call<Refusal>(demo, ...ask);
      expect([answer.status, answer.body.errors?.[0]?.code]).toEqual([status, `vm-backup.${code}`]);
      expect(answer.body.errors[0]?.detail).toMatch(/^[A-Z].+\.$/);
      expect(await operations()).toEqual(before);
    });

  /** Accepted, then failed with this code; the resource and the operation both say why. */
  const fails = async (
    kind: 'backup' | 'restore',
    body: Record<string, unknown>,
    code: string,
    meanwhile = async (_operation: string) => {},
  ) => {
    const asked = await rewind.call<Record<string, { id: string; operation_id: string }>>(
      demo,
      'POST',
      `/v1/${kind}s`,
      {
        [kind]: body,
      },
    );
    expect([asked.status, asked.body]).toEqual([202, expect.anything()]);
    const { id = '', operation_id = '' } = asked.body[kind] ?? {};
    await meanwhile(operation_id);
    const ended = await settled(rewind, demo, kind, id);
    const words = expect.stringMatching(/^[A-Z].+\.$/);
    expect(ended).toMatchObject({ status: 'error', fail_code: `vm-backup.${code}`, fail_reason: words });
    const status = code === 'operation.cancelled' ? 'cancelled' : 'failed';
    expect(await operation(operation_id)).toMatchObject({
      status,
      fail_code: `vm-backup.${code}`,
      fail_reason: ended.fail_reason,
    });
    return ended;
  };

  const failsLeavingNothing = (...args: Parameters<typeof fails>) => leavesNothing(() => fails(...args));

  const inTheMiddle = (operationId: string): Promise<unknown> =>
    until(`operation ${operationId} in its middle`, 60_000, async () => {
      const { status, bytes_done } = await operation(operationId);
      expect(['queued', 'running']).toContain(status);
      return bytes_done > 0;
    });

  return { leavesNothing, operation, refused, fails, failsLeavingNothing, inTheMiddle };
}
