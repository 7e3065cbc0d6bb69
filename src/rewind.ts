import { EXIT } from './cli/command-line/command.ts';
import { type Role, readRole } from './cli/command-line/read-role.ts';
import { RELEASE } from './wiring/release.ts';
import { runProcess } from './wiring/run-process.ts';

const NODE_MAJOR = 24;
const args = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) !== NODE_MAJOR) {
  process.stderr.write(`Rewind runs on Node ${NODE_MAJOR}, this is ${process.version}: start it by bin/rewind\n`);
  process.exit(EXIT.failed);
}
// Each role is a module of its own, loaded only when it is asked for: the API process never loads what touches data.
const cloud = async () => (await import('./wiring/shared.ts')).makeShared(args[0] ?? '');
const agent = async () => (await import('./wiring/shared.ts')).makeAgentParts();
const gateway = async (more: readonly string[]) => (await import('./wiring/gateway.ts')).runGateway(more);
const roles: Record<Role, () => Promise<void>> = {
  api: () => runProcess(cloud, async (made) => [await (await import('./wiring/api.ts')).startApi(made)]),
  worker: () => runProcess(cloud, async (made) => [await (await import('./wiring/worker.ts')).startWorker(made)]),
  agent: () => runProcess(agent, async (made) => [await (await import('./wiring/agent.ts')).startAgent(made)]),
  gateway: () => gateway([]),
  all: () =>
    runProcess(cloud, async (made) => [
      await (await import('./wiring/worker.ts')).startWorker(made),
      await (await import('./wiring/agent.ts')).startAgent(made),
      await (await import('./wiring/api.ts')).startApi(made),
    ]),
};
// The gateway's child, which its parent starts.
if (process.send && args[0] === 'gateway' && args.length > 1) await gateway(args.slice(1));
else {
  const asked = readRole(args, RELEASE);
  if (asked.kind === 'admin') await (await import('./cli/admin.ts')).runAdmin(asked.args);
  else if (asked.kind === 'role') await roles[asked.role]();
  else if (asked.kind === 'text') process.stdout.write(asked.text);
  else {
    process.stderr.write(asked.text);
    process.exit(EXIT.usage);
  }
}
