import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { API_DOCUMENT, written } from '../../../deploy/bin/write-api-tables.ts';
import type { Entry } from '../../../src/domain/errors/entry.ts';
import { entryOf, SECTIONS, statusOfCode } from '../../../src/domain/errors/error-catalogue.ts';
import { type ErrorCode, hasCode, RewindError } from '../../../src/domain/errors.ts';
import { toyError } from '../../world/toy-error.ts';

/** What comes behind these is found in the words of a service. */
const FROM_WORDS = ['openstack.not-found'];

const entries: [string, Entry][] = SECTIONS.flatMap(([, codes]) => Object.entries(codes));

describe('the catalogue', () => {
  test('docs/api.md has the calls and codes that there are: node deploy/bin/write-api-tables.ts', () => {
    const document = readFileSync(API_DOCUMENT, 'utf8');
    expect(written(document)).toBe(document);
  });

  test('every code stands in one section, in the form that clients know', () => {
    const codes = entries.map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*){0,3}$/);
    for (const code of codes) expect(entryOf(code as ErrorCode)).toBeDefined();
  });

  test('has no code that nobody makes', () => {
    const files = globSync('src/**/*.ts').filter((file) => !file.startsWith('src/domain/errors/'));
    const source = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const isMade = (code: string): boolean => {
      if (source.includes(`'${code}'`)) return true;
      // `openstack.${code}` with a table of 'conflict.in-use'; `${type}.busy`
      const dots = [...code.matchAll(/\./g)].map((dot) => dot.index);
      return dots.some((at) => {
        const [family, child] = [code.slice(0, at), code.slice(at + 1)];
        if (source.includes(`}.${child}\``)) return true;
        return source.includes(`\`${family}.$\{`) && (source.includes(`'${child}'`) || FROM_WORDS.includes(family));
      });
    };
    expect(entries.map(([code]) => code).filter((code) => !isMade(code))).toEqual([]);
    expect(isMade('server.purple')).toBe(false);
  });

  test('every child has a parent that clients of 1.0 know, or its family is only a name', () => {
    const codes = new Set(entries.map(([code]) => code));
    for (const code of codes)
      if (code.split('.').length > 2) expect(codes).toContain(code.split('.').slice(0, 2).join('.'));
  });

  test.each(entries)(
    '%s says what to do, and where it is met',
    (_code, { fault, seen, status, words, hint, help, runbook }) => {
      // Of a bug it is always the same: report it.
      expect(fault === 'bug' || (help ?? hint ?? words ?? runbook)).toBeTruthy();
      expect(status !== undefined || (seen !== undefined && seen.length > 0)).toBe(true);
      if (runbook !== undefined) expect(existsSync(`docs/runbooks/${runbook}.md`)).toBe(true);
    },
  );
});

describe('an error', () => {
  test('is what the catalogue says of its code', () => {
    expect(new RewindError('server.locked')).toMatchObject({
      ...{ code: 'vm-backup.server.locked', fault: 'failed', retry: false, status: 409 },
      ...{ message: 'The server is locked by somebody.', hint: 'Unlock it and try again.' },
    });
    expect(new RewindError('ceph.busy')).toMatchObject({ fault: 'errored', retry: true, status: 500 });
    expect(new RewindError('forbidden', 'Not you.')).toMatchObject({ message: 'Not you.', status: 403 });
  });

  test('differs from it only in what its entry leaves open', () => {
    const gone = new RewindError('backup.not-found', { fault: 'bug', status: 400 });
    expect(gone).toMatchObject({ fault: 'bug', status: 400 });
    // @ts-expect-error The catalogue knows one status of it.
    expect(new RewindError('server.locked', { status: 400 }).status).toBe(409);
    // @ts-expect-error And one fault.
    expect(new RewindError('server.locked', { fault: 'bug' }).fault).toBe('failed');
    // @ts-expect-error It does not pass by itself.
    expect(new RewindError('server.locked', { retry: true }).retry).toBe(false);
    expect(new RewindError('target.unavailable', 'Away.', { retry: false }).retry).toBe(false);
    expect(statusOfCode('server.locked', 400)).toBe(409);
    expect(statusOfCode('server.not-found', 400)).toBe(400);
  });

  test('has a code that the catalogue knows, and words', () => {
    // @ts-expect-error No such code.
    expect(() => new RewindError('server.purple', 'No.')).toThrow();
    // @ts-expect-error Only the place knows the words of this one.
    expect(new RewindError('forbidden').message).toBe('');
  });

  test('that another release wrote down keeps its code, which this one need not know', () => {
    const told = toyError('toy.away.far', 'Away.', { fault: 'errored', retry: true });
    expect(told).toMatchObject({ code: 'vm-backup.toy.away.far', message: 'Away.', fault: 'errored', retry: true });
    expect(hasCode(new RewindError('openstack.over-quota.volumes', 'No.'), 'openstack.over-quota')).toBe(true);
    expect(hasCode(told, 'openstack.over-quota')).toBe(false);
  });
});
