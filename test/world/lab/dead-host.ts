import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LAB_ROOT } from './lab.ts';

const run = promisify(execFile);

/** The lab has one host. What died beside it is in Nova's database only, as of any host that does not answer. */
const DEAD_HOST = 'lab-dead';

async function novaSql(statement: string): Promise<void> {
  const password = readFileSync(join(LAB_ROOT, 'etc/password'), 'utf8').trim();
  const args = ['--host', '127.0.0.1', '--user', 'openstack', 'nova', '--execute', statement];
  await run('mysql', args, { env: { ...process.env, MYSQL_PWD: password }, timeout: 30_000 });
}

/**
 * The servers were on a host that is no more: Nova has them there, nobody runs them, and their disks are as they were
 * left, as if the power had failed.
 */
export async function hostDies(serverIds: readonly string[]): Promise<void> {
  await novaSql(`
    insert into services
      (created_at, updated_at, host, \`binary\`, topic, report_count, disabled, deleted, forced_down, version, uuid)
    select created_at, updated_at, '${DEAD_HOST}', \`binary\`, topic, report_count, 0, 0, 1, version, '${randomUUID()}'
      from services where \`binary\` = 'nova-compute' and host = 'lab' and deleted = 0
        and not exists (select 1 from services where host = '${DEAD_HOST}' and deleted = 0)`);
  const ids = serverIds.map((id) => `'${id}'`).join(', ');
  await novaSql(`update instances set host = '${DEAD_HOST}', node = '${DEAD_HOST}', launched_on = '${DEAD_HOST}'
    where uuid in (${ids})`);
  for (const id of serverIds) {
    await run('virsh', ['-q', '-c', 'qemu:///system', 'destroy', id]);
    await run('virsh', ['-q', '-c', 'qemu:///system', 'undefine', id, '--nvram', '--managed-save']).catch(() =>
      run('virsh', ['-q', '-c', 'qemu:///system', 'undefine', id]),
    );
  }
}

/** Nova forgets the host. */
export const buryHost = (): Promise<void> => novaSql(`delete from services where host = '${DEAD_HOST}'`);
