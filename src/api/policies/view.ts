import type { z } from 'zod';
import { type BackupPolicy, POLICY, POLICY_RUN, type PolicyRun } from '../../domain/policies/backup-policy.ts';
import { viewOf } from '../calls/answer-view.ts';
import type { Call } from '../calls/route.ts';
import type { policyRunsAnswer, policySchema } from './schemas.ts';

export const policyView = (
  policy: BackupPolicy,
  { urls, version }: Pick<Call, 'urls' | 'version'>,
): z.output<typeof policySchema> => ({
  ...viewOf(POLICY, policy, version),
  links: urls.linksOf('policies', policy.id),
});

export const policyRunView = (
  run: PolicyRun,
  { version }: Pick<Call, 'version'>,
): z.output<typeof policyRunsAnswer>['policy-runs'][number] => viewOf(POLICY_RUN, run, version);
