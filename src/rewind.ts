import { runProcess } from './wiring/run-process.ts';

const ROLES = ['api', 'worker', 'agent', 'gateway', 'all', 'admin'] as const;
const NODE_MAJOR = 24;

const [role, ...rest] = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) !== NODE_MAJOR) {
  process.stderr.write(`Rewind runs on Node ${NODE_MAJOR}, this is ${process.version}: start it by bin/rewind\n`);
  process.exit(1);
}
// Each role is a module of its own, loaded only when asked for: the API process never loads what touches data.
if (role === 'api')
  await runProcess('api', async (shared) => [await (await import('./wiring/api.ts')).startApi(shared)]);
else if (role === 'worker')
  await runProcess('worker', async (shared) => [await (await import('./wiring/worker.ts')).startWorker(shared)]);
else if (role === 'agent')
  await runProcess('agent', async (shared) => [await (await import('./wiring/agent.ts')).startAgent(shared)]);
else if (role === 'gateway') await (await import('./wiring/gateway.ts')).runGateway(rest);
else if (role === 'all') {
  await runProcess('all', async (shared) => [
    await (await import('./wiring/worker.ts')).startWorker(shared),
    await (await import('./wiring/agent.ts')).startAgent(shared),
    await (await import('./wiring/api.ts')).startApi(shared),
  ]);
} else if (role === 'admin') await (await import('./wiring/admin.ts')).runAdmin(rest);
else {
  process.stderr.write(`usage: rewind ${ROLES.join('|')}\n`);
  process.exit(2);
}
