import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const PROJECT = join(import.meta.dirname, '../../..');
const ROLES = ['api', 'worker', 'agent', 'gateway'] as const;
const NOTE = '6f1c9a10-5a0e-4c0e-9d5e-0123456789ab.freeze';
const unitOf = (role: string) => readFileSync(join(PROJECT, `deploy/systemd/rewind-${role}.service`), 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);
const secretsOf = (role: string) => all(unitOf(role), /^LoadCredential=([a-z-]+):\/etc\/rewind\/secrets\/\1$/gm);

describe('a host that is prepared', () => {
  let root: string;
  const calls = () => readFileSync(join(root, 'calls'), 'utf8').split('\n');

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'rewind-root-'));
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'etc/ceph'), { recursive: true });
    writeFileSync(join(root, 'etc/ceph/ceph.client.rewind.keyring'), '', { mode: 0o600 });
    // Users of this machine are left alone: nobody is there yet, and what would be made is written down.
    for (const name of ['useradd', 'groupadd', 'usermod', 'chgrp', 'chown'])
      writeFileSync(join(root, 'bin', name), `#!/bin/sh\necho ${name} "$@" >>"$ROOT/calls"\n`, { mode: 0o755 });
    writeFileSync(join(root, 'bin/getent'), '#!/bin/sh\nexit 2\n', { mode: 0o755 });
    // Of a release whose agent and worker shared a folder.
    mkdirSync(join(root, 'var/lib/rewind/held'), { recursive: true });
    writeFileSync(join(root, 'var/lib/rewind/held', NOTE), 'freeze');
    const env = { ROOT: root, IDS: '880', PATH: `${join(root, 'bin')}:${process.env.PATH}` };
    for (let times = 0; times < 2; times += 1)
      execFileSync(join(PROJECT, 'deploy/bin/install-host'), [...ROLES], { env, stdio: 'pipe' });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it.each(ROLES)('has the user and the units of %s', (role) => {
    const user = /^User=(.*)$/m.exec(unitOf(role))?.[1];
    expect(user).toBe(`rewind-${role}`);
    expect(calls().some((call) => call.startsWith('useradd') && call.endsWith(` ${user}`))).toBe(true);
    expect(existsSync(join(root, `etc/systemd/system/rewind-${role}.service`))).toBe(true);
  });

  it('has folders of secrets that nobody else opens, and a keyring for those who use Ceph', () => {
    const mode = (path: string) => statSync(join(root, path)).mode & 0o777;
    expect([mode('etc/rewind/secrets'), mode('etc/rewind/targets')]).toEqual([0o700, 0o750]);
    expect(mode('etc/ceph/ceph.client.rewind.keyring')).toBe(0o640);
    const joined = calls().filter((call) => call.startsWith('usermod'));
    expect(joined.filter((call) => call.includes('rewind-ceph ')).map((call) => call.split(' ').at(-1))).toEqual([
      ...['rewind-worker', 'rewind-agent'],
      ...['rewind-worker', 'rewind-agent'],
    ]);
  });

  it('keeps what an earlier agent noted that it holds, where the next one looks', () => {
    expect(readFileSync(join(root, 'var/lib/rewind-agent/held', NOTE), 'utf8')).toBe('freeze');
    expect(existsSync(join(root, 'var/lib/rewind/held'))).toBe(false);
    const defaults = readFileSync(join(PROJECT, 'config/default.yaml'), 'utf8');
    expect(defaults).toMatch(/held_folder: \/var\/lib\/rewind-agent\/held /);
  });

  it('has the same numbers as every other, where that is asked', () => {
    const numbers = Object.fromEntries(
      calls().flatMap((call) => {
        const [, id, name] = /^groupadd .*--gid (\d+) (\S+)$/.exec(call) ?? [];
        return name === undefined ? [] : [[name, Number(id)]];
      }),
    );
    const names = ['rewind-api', 'rewind-worker', 'rewind-agent', 'rewind-gateway', 'rewind-targets', 'rewind-ceph'];
    expect(numbers).toEqual(Object.fromEntries(names.map((name, place) => [name, 880 + place])));
    expect(calls().some((call) => /^useradd .*--uid 881 --gid rewind-worker .* rewind-worker$/.test(call))).toBe(true);
  });

  it('has the command that the documents name', () => {
    expect(readlinkSync(join(root, 'usr/local/bin/rewind'))).toBe(join(PROJECT, 'bin/rewind'));
  });

  it('refuses what is no role, before anything is made', () => {
    const done = spawnSync(join(PROJECT, 'deploy/bin/install-host'), ['api', 'boss'], {
      env: { ...process.env, ROOT: '/nowhere' },
    });
    expect([done.status, existsSync('/nowhere')]).toEqual([2, false]);
  });
});

describe('the units', () => {
  it('share no folder that systemd gives to a user', () => {
    const folders = ROLES.flatMap((role) => all(unitOf(role), /^StateDirectory=(.*)$/gm));
    expect(folders.toSorted()).toEqual(['rewind', 'rewind-agent']);
  });

  it.each([
    ['api', ['keystone-password', 'database-url', 'redis-url']],
    ['worker', ['keystone-password', 'database-url', 'redis-url', 'manifest-key', 'host-secret']],
    ['agent', ['database-url', 'host-key']],
    ['gateway', ['database-url']],
  ])('%s gets its own secrets, which the README names, and no other', (role, secrets) => {
    expect(secretsOf(role)).toEqual(secrets);
    for (const secret of secrets) {
      expect(unitOf(role)).toMatch(new RegExp(`^Environment=REWIND_[A-Z_]+_FILE=%d/${secret}$`, 'm'));
      expect(readFileSync(join(PROJECT, 'README.md'), 'utf8')).toContain(`\`${secret}\``);
    }
  });

  it.each(ROLES)('%s leaves no core dump and takes no host along', (role) => {
    for (const line of [
      /^LimitCORE=0$/m,
      /^MemoryMax=\d+G$/m,
      /^TasksMax=\d+$/m,
      /^ProtectSystem=strict$/m,
      /^NoNewPrivileges=yes$/m,
    ])
      expect(unitOf(role)).toMatch(line);
  });

  const verify = existsSync('/usr/bin/systemd-analyze') ? it : it.skip;
  verify(
    'are understood by systemd',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'rewind-units-'));
      const names = readdirSync(join(PROJECT, 'deploy/systemd'));
      for (const name of names) {
        const text = readFileSync(join(PROJECT, 'deploy/systemd', name), 'utf8');
        // The program is not installed here.
        writeFileSync(
          join(folder, name),
          text.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true').replace(/^ExecReload=.*\n/m, ''),
        );
      }
      const said = spawnSync('systemd-analyze', ['verify', ...names.map((name) => join(folder, name))], {
        encoding: 'utf8',
      });
      rmSync(folder, { recursive: true });
      const ours = said.stderr.split('\n').filter((line) => /rewind-[a-z]+\.(service|socket)/.test(line));
      expect(
        ours.filter((line) => !/Unit (libvirtd|remote-fs|network-online)\S* not found|man .* failed/.test(line)),
      ).toEqual([]);
    },
    30_000,
  );
});

describe('the packages', () => {
  it('are those of the lockfile, each with its hash, and none runs a script of its own', () => {
    const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { integrity?: string; resolved?: string }>;
    };
    const bare = Object.entries(lock.packages).filter(([name, one]) => name && !one.integrity?.startsWith('sha512-'));
    expect(bare.map(([name]) => name)).toEqual([]);
    const script = readFileSync(join(PROJECT, 'deploy/bin/install-packages'), 'utf8');
    expect(all(script, /^(npm .*)$/gm)).toEqual([expect.stringMatching(/^npm ci --ignore-scripts /)]);
    expect(script).toContain('--production) which=production only=(--omit=dev)');
  });

  it('refuses other words', () => {
    const said = spawnSync(join(PROJECT, 'deploy/bin/install-packages'), ['--dev'], { encoding: 'utf8' });
    expect([said.status, said.stderr]).toEqual([2, 'usage: install-packages [--production]\n']);
  });
});

describe('the commands of the README', () => {
  const section = readFileSync(join(PROJECT, 'README.md'), 'utf8')
    .split('## Install for production')[1]!
    .split('\n## ')[0]!;
  const blocks = all(section, /```sh\n([\s\S]*?)```/g);

  it('are shell', () => {
    expect(blocks.length).toBeGreaterThan(6);
    for (const block of blocks) {
      const read = spawnSync('bash', ['-n'], { input: block.replaceAll(' … ', ' x '), encoding: 'utf8' });
      expect([read.status, read.stderr]).toEqual([0, '']);
    }
  });

  it('name files of this project and variables that are settings', () => {
    const text = blocks.join('\n');
    for (const path of all(text, /(deploy\/[a-z/-]+)/g)) expect(existsSync(join(PROJECT, path))).toBe(true);
    const defaults = readFileSync(join(PROJECT, 'config/default.yaml'), 'utf8');
    for (const variable of all(text, /REWIND_([A-Z_]+)=/g).filter((name) => name !== 'CONFIG')) {
      const [sectionName] = variable.toLowerCase().split('_');
      expect(defaults).toContain(`\n${sectionName}:`);
    }
  });
});
