import type { Clock, Ids } from '../ports/system.ts';
import { redactText } from './redact.ts';

/** One act that somebody requested, and its outcome. */
interface AuditEntry {
  /** e.g. `backups:create` */
  action: string;
  outcome: 'success' | 'failure';
  requestId: string;
  globalRequestId: string | null;
  /** Null when nobody was recognized. */
  userId: string | null;
  projectId: string | null;
  resourceType: string;
  resourceId: string | null;
  operationId: string | null;
  /** The reason for a failure: our stable code and the HTTP status. */
  reason: { code: string; status: number } | null;
}

export type Audit = (entry: AuditEntry) => void;

export interface AuditDeps {
  clock: Clock;
  ids: Ids;
  /** Takes a line without its newline. This is not the log: a log level must never silence an audit. */
  write(line: string): void;
}

const EVENT = 'http://schemas.dmtf.org/cloud/audit/1.0/event';
const OBSERVER = { id: 'rewind', typeURI: 'service/vm-backup' };

/** CADF (DMTF DSP0262) events as JSON lines, in the form of the notifications of OpenStack's own services. */
export function createAudit(deps: AuditDeps): Audit {
  return (entry) => {
    const event = {
      typeURI: EVENT,
      id: deps.ids.uuid(),
      eventTime: new Date(deps.clock.now()).toISOString(),
      eventType: 'activity',
      action: entry.action,
      outcome: entry.outcome,
      initiator: initiator(entry),
      target: { id: entry.resourceId ?? 'unknown', typeURI: `service/vm-backup/${entry.resourceType}` },
      observer: OBSERVER,
      ...(entry.reason && {
        reason: { reasonType: 'HTTP', reasonCode: String(entry.reason.status), policyId: entry.reason.code },
      }),
      ...(entry.operationId && { attachments: [{ name: 'operation_id', content: entry.operationId }] }),
    };
    deps.write(redactText(JSON.stringify(event)));
  };
}

function initiator(entry: AuditEntry): Record<string, unknown> {
  return {
    id: entry.userId ?? 'unknown',
    typeURI: 'service/security/account/user',
    project_id: entry.projectId,
    request_id: entry.requestId,
    global_request_id: entry.globalRequestId,
  };
}
