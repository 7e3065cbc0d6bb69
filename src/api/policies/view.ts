import type { z } from 'zod';
import type { BackupPolicy, PolicyRun } from '../../domain/policies/backup-policy.ts';
import type { Call } from '../calls/route.ts';
import { codeAt, RUN_WORDS, wordAt } from '../calls/version-words.ts';
import type { policyRunsAnswer, policySchema } from './schemas.ts';

type Asked = Pick<Call, 'urls' | 'version'>;

/** The trust stays with us. */
export function policyView(policy: BackupPolicy, { urls, version }: Asked): z.output<typeof policySchema> {
  const { trust_id: _trust, credential_id: _credential, roles: _roles, retained_at: _retained, ...shown } = policy;
  const fail_code = codeAt(version, shown.fail_code);
  return { ...shown, fail_code, links: urls.linksOf('policies', policy.id) };
}

/** Hosts and pools are the operator's. */
export function policyRunView(
  { places: _, ...run }: PolicyRun,
  { version }: Pick<Call, 'version'>,
): z.output<typeof policyRunsAnswer>['policy-runs'][number] {
  return { ...run, status: wordAt(version, RUN_WORDS, run.status), fail_code: codeAt(version, run.fail_code) };
}
