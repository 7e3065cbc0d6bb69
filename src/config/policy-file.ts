import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { RewindError } from '../domain/errors.ts';
import { isTree } from './keys.ts';

/** What the file says now; `version` changes when its content may have. */
export interface PolicyOverrides {
  version: string;
  rules: Record<string, string>;
}

const MAX_POLICY_BYTES = 1_048_576;

/** Reads the file when it is new or changed, and only then. No file: no overrides. `config.policy` (errored) when unreadable. */
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

function readRules(path: string): Record<string, string> {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_POLICY_BYTES) throw new Error('too long');
    const value: unknown = parse(text) ?? {};
    if (!isTree(value)) throw new Error('not a map');
    const wrong = Object.entries(value).find(([, rule]) => typeof rule !== 'string');
    if (wrong) throw new Error(`rule ${wrong[0]} is not a string`);
    return value as Record<string, string>;
  } catch (cause) {
    throw new RewindError('config.policy', 'The policy file cannot be read.', { fault: 'errored', cause });
  }
}
