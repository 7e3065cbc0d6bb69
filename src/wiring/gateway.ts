import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { noKeys } from '../archive/keys/no-keys.ts';
import { readerCaches } from '../archive/serving/disk-reader.ts';
import { loadGatewayConfig } from '../config/load-config.ts';
import { RewindError } from '../domain/errors.ts';
import { answering } from '../gateway/answer.ts';
import { keepDoor, READY } from '../gateway/keep-door.ts';
import { OpenDisks } from '../gateway/open-disks.ts';
import { serveSockets } from '../gateway/serve-sockets.ts';
import { createLogger } from '../telemetry/logger.ts';
import { readingKeysFrom } from './key-ring.ts';
import { refuse, runProcess } from './run-process.ts';
import type { Running } from './running.ts';
import { manifestKeyOf, targetsFrom } from './settings-of.ts';
import { type GatewayParts, makeGatewayParts } from './shared.ts';
import { databaseCheck, tellStatus } from './status.ts';

/** Argument of the child that serves the connections which its parent accepts. */
const CHILD = 'child';
/** The first socket that systemd hands over (sd_listen_fds). */
const FIRST_FD = 3;
const MIB = 1024 * 1024;

/**
 * Serves disks of backups to librbd, in two processes: one keeps the door, and its child does the work. Neither holds a
 * key of Ceph or asks anything of OpenStack.
 */
export async function runGateway([part]: readonly string[]): Promise<void> {
  if (part === CHILD && process.send) await runProcess(makeGatewayParts, async (parts) => [await startServing(parts)]);
  else await keepOpen().catch(refuse);
}

async function keepOpen(): Promise<void> {
  const config = loadGatewayConfig();
  const log = createLogger({ level: config.log.level, file: config.log.file }).with({ role: 'gateway' });
  const { host, port } = config.gateway;
  const { LISTEN_FDS, LISTEN_PID, ...env } = process.env;
  const handed = LISTEN_FDS === '1' && LISTEN_PID === String(process.pid);
  const door = await keepDoor({
    at: handed ? { fd: FIRST_FD } : { host, port },
    startChild: () => fork(process.argv[1] ?? '', ['gateway', CHILD], { env }),
    log,
  });
  log.info('the gateway listens', { host, port: door.port });
  process.on('SIGHUP', () => door.renew());
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) process.exit(1);
    stopping = true;
    await door.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

async function startServing({ config, log, clock, db, metrics, servedDisks }: GatewayParts): Promise<Running> {
  const { cacheMib, tlsCertFile, tlsKeyFile } = config.gateway;
  const tls = tlsCertFile && tlsKeyFile ? { cert: textOf(tlsCertFile), key: textOf(tlsKeyFile) } : null;
  const caches = readerCaches(cacheMib * MIB);
  const targets = await targetsFrom(config);
  // Clear data are authenticated by the hashes that a worker recorded with the address.
  const { keyFile } = config.archive.encryption;
  const keys = keyFile === null ? noKeys : readingKeysFrom(config, manifestKeyOf(config));
  const disks = new OpenDisks({ disks: servedDisks, targets, keys, caches, clock });
  const server = serveSockets(answering({ disks, clock, log }), { tls, log });
  process.on('message', (number: number, socket) => {
    // A client may have gone while its connection was handed over.
    if (socket) server.take(socket as Socket);
    process.send?.(number);
  });
  // Without its parent, nobody would let anybody in.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.send?.(READY);
  const status = await tellStatus(
    { host: config.status.host, port: config.status.gatewayPort },
    { clock, log, metrics, health: [databaseCheck(db)] },
  );
  return {
    async drain() {
      await server.close(config.shutdown.drainSeconds);
      await status.drain();
    },
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RewindError('config.invalid', `${path} cannot be read.`, { cause });
  }
}
