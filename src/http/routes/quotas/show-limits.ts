import { route } from '../../route.ts';
import { limitsAnswer } from '../../schemas/quota.ts';

export const showLimits = route({
  method: 'get',
  path: '/v1/limits',
  operationId: 'showLimits',
  summary: 'Show what the project may have, and what it has',
  answers: { 200: limitsAnswer },
  async handle(call) {
    const { limits, used } = await call.services.showLimits(call.caller);
    const absolute = {
      ...{ maxTotalPoints: limits.points, totalPointsUsed: used.points },
      ...{ maxTotalPointBytes: limits.bytes, totalPointBytesUsed: used.bytes },
      ...{ maxTotalSnapshotBytes: limits.snapshot_bytes, totalSnapshotBytesUsed: used.snapshot_bytes },
      ...{ maxOpenOperations: limits.operations, openOperationsUsed: used.operations },
    };
    return { status: 200, body: { limits: { rate: [], absolute } } };
  },
});
