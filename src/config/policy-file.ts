import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { RewindError } from '../domain/errors.ts';
import { isTree } from './configured-keys.ts';

/** A check string, or oslo.policy's older form: a list of lists of checks. */
type PolicyRule = string | (string | string[])[];

/** What the file contains now; `version` changes when its content may have changed. */
export interface PolicyOverrides {
  version: string;
  rules: Record<string, PolicyRule>;
}

const MAX_POLICY_BYTES = 1_048_576;

/**
 * Reads the file only when it is new or was changed. No file: no overrides. `config.policy` (errored) when it is
 * unreadable.
 */
export function policyFile(path: string): () => PolicyOverrides {
  let known: PolicyOverrides | undefined;
  return () => {
    const version = versionOf(path);
    if (known?.version !== version) known = { version, rules: version === 'absent' ? {} : readRules(path) };
    return known;
  };
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}/${stat.size}/${stat.ino}` : 'absent';
}

function readRules(path: string): Record<string, PolicyRule> {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_POLICY_BYTES) throw new Error('too long');
    const value: unknown = parse(text) ?? {};
    if (!isTree(value)) throw new Error('not a map');
    const wrong = Object.entries(value).find(([, rule]) => !isRule(rule));
    if (wrong) throw new Error(`rule ${wrong[0]} is not a string, and not a list of lists of strings`);
    return value as Record<string, PolicyRule>;
  } catch (cause) {
    throw new RewindError('config.policy', { cause });
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRule = (value: unknown): value is PolicyRule =>
  isText(value) ||
  (Array.isArray(value) && value.every((inner) => isText(inner) || (Array.isArray(inner) && inner.every(isText))));
