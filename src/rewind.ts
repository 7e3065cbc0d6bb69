import { EXIT } from './command-line/command.ts';
import { RELEASE } from './wiring/release.ts';
import { runProcess } from './wiring/run-process.ts';

const NODE_MAJOR = 24;
const HELP = `usage: rewind ROLE
       rewind admin COMMAND …    the operator's shell; rewind admin --help tells its commands
       rewind version

roles, each a process that runs until SIGTERM:
  api        answers tenants and operators over HTTP; holds no key of Ceph
  worker     carries out operations, beside Ceph and the targets
  agent      on a compute host: holds its servers still for points of one instant
  gateway    serves disks of backups while they are restored instantly
  all        worker, agent and API in one process, for one host and one user
`;

const [role, ...rest] = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) !== NODE_MAJOR) {
  process.stderr.write(`Rewind runs on Node ${NODE_MAJOR}, this is ${process.version}: start it by bin/rewind\n`);
  process.exit(EXIT.failed);
}
// Each role is a module of its own, loaded only when asked for: the API process never loads what touches data.
const cloud = async () => (await import('./wiring/shared.ts')).makeShared(role ?? '');
const agent = async () => (await import('./wiring/shared.ts')).makeAgentParts();
const roles: Record<string, () => Promise<void>> = {
  api: () => runProcess(cloud, async (made) => [await (await import('./wiring/api.ts')).startApi(made)]),
  worker: () => runProcess(cloud, async (made) => [await (await import('./wiring/worker.ts')).startWorker(made)]),
  agent: () => runProcess(agent, async (made) => [await (await import('./wiring/agent.ts')).startAgent(made)]),
  all: () =>
    runProcess(cloud, async (made) => [
      await (await import('./wiring/worker.ts')).startWorker(made),
      await (await import('./wiring/agent.ts')).startAgent(made),
      await (await import('./wiring/api.ts')).startApi(made),
    ]),
};
const run = roles[role ?? ''];
if (role === 'admin') await (await import('./wiring/admin.ts')).runAdmin(rest);
else if (role === 'gateway' && (rest.length === 0 || process.send))
  await (await import('./wiring/gateway.ts')).runGateway(rest);
else if (run && rest.length === 0) await run();
else if (rest.length === 0 && (role === 'version' || role === '--version')) process.stdout.write(`${RELEASE}\n`);
else if (role === 'help' || role === '--help' || role === '-h' || rest.includes('--help')) process.stdout.write(HELP);
else {
  process.stderr.write(HELP);
  process.exit(EXIT.usage);
}
