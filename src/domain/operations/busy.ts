import { RewindError } from '../errors.ts';
import type { Operation } from './operation.ts';

/** What is shown of the operation that has to end first. */
export interface BusyWith {
  operation_id: string;
  /** e.g. `verify-backup` */
  action: string;
  status: Operation['status'];
  /** 0–100 */
  progress: number;
  created_at: string;
}

/** Nothing of another project's operation: the thing came from there, or will go there. */
export function busyWith(other: Operation, projectId: string | null): BusyWith | undefined {
  if (projectId !== null && other.project_id !== projectId) return undefined;
  const { id, workflow, status, progress, created_at } = other;
  return { operation_id: id, action: actionOf(workflow), status, progress, created_at };
}

/** The name of a recipe without its version. */
export const actionOf = (workflow: string): string => workflow.replace(/\/\d+$/, '');

export function busyWords(other: Operation, projectId: string | null): { detail: string; hint: string } {
  const known = busyWith(other, projectId);
  const what = known ? `: ${known.action}, ${known.progress} % done` : '';
  const which = known ? `operation ${known.operation_id}` : 'it';
  return {
    detail: `Another operation is working on this server${what}.`,
    hint: `Wait until ${which} has finished, or cancel it.`,
  };
}

/** `other` is in the way of an operation of `projectId`; null: an administrator asks. */
export function busy(other: Operation, projectId: string | null): RewindError {
  const { detail, hint } = busyWords(other, projectId);
  const operation = busyWith(other, projectId);
  return new RewindError('server.busy', detail, { hint, ...(operation && { details: { operation } }) });
}
