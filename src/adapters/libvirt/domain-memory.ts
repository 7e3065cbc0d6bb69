import { createHash } from 'node:crypto';
import { RewindError } from '../../domain/errors.ts';
import { isUuid } from '../../domain/names.ts';
import { byText } from '../../domain/order.ts';
import type { DomainFacts, MemoryHypervisor } from '../../ports/memory.ts';
import { ProcessError } from '../system/process-error.ts';
import { runProcess } from '../system/run-child.ts';
import type { LibvirtSettings } from './libvirt-settings.ts';
import { hypervisorError } from './virsh.ts';

export interface MemorySettings extends Pick<LibvirtSettings, 'uri' | 'callSeconds'> {
  /** Saving may not take longer: the guard has ended it before that. */
  saveSeconds: number;
}

const MOST_OUTPUT_BYTES = 4 * 1024 * 1024;
const RESTORE_SECONDS = 3_600;
const KIB = 1024;
/** Devices of the host whose state QEMU cannot save. */
const PASSTHROUGH = ['hostdev', 'shmem', 'vdpa', 'vsock'] as const;
const DISK_TARGET = /^[a-z]{1,4}[0-9]{0,3}$/;

/**
 * Memory through `virsh` (https://libvirt.org/manpages/virsh.html, 9.0). A snapshot of the memory alone, without any
 * disk, writes a file that `virsh restore` accepts.
 */
export function createMemoryHypervisor(settings: MemorySettings): MemoryHypervisor {
  const virsh = async (seconds: number, ...args: string[]): Promise<string> => {
    const spec = { file: 'virsh', args: ['--connect', settings.uri, ...args], maxStdoutBytes: MOST_OUTPUT_BYTES };
    return (await runProcess({ ...spec, timeoutMs: seconds * 1000 })).stdout;
  };
  const asked = (seconds: number, ...args: string[]): Promise<string> =>
    virsh(seconds, ...args).catch((error) => {
      throw hypervisorError(error);
    });
  const quick = (...args: string[]) => asked(settings.callSeconds, ...args);
  return {
    async facts(domain, of) {
      const xml = await quick('dumpxml', known(domain), ...(of === 'next' ? ['--inactive'] : []));
      const resident = of === 'next' ? null : residentOf(await quick('dommemstat', domain).catch(() => ''));
      return { ...factsOf(xml), residentBytes: resident };
    },
    async host() {
      const versions = await quick('version');
      const cpu = /<cpu>[\s\S]*?<\/cpu>/.exec(await quick('capabilities'))?.[0] ?? '';
      return {
        cpu: cpuOf(cpu),
        qemu: /hypervisor: \S+ (\S+)/.exec(versions)?.[1] ?? '',
        libvirt: /library: libvirt (\S+)/.exec(versions)?.[1] ?? '',
      };
    },
    async saveMemory(domain, path, disks) {
      const leaveOut = disks.flatMap((disk) => ['--diskspec', `${target(disk)},snapshot=no`]);
      const memory = ['--memspec', `file=${filePath(path)},snapshot=external`];
      const snapshot = ['snapshot-create-as', known(domain), 'rewind', '--no-metadata', ...memory, ...leaveOut];
      await asked(settings.saveSeconds, ...snapshot);
    },
    async restoreMemory(domain, path) {
      known(domain);
      await virsh(RESTORE_SECONDS, 'restore', '--running', filePath(path)).catch((error) => {
        // A virsh that did not finish says nothing about the server.
        const said = error instanceof ProcessError && error.exitCode !== null && !error.timedOut;
        throw said ? notRestored(error) : hypervisorError(error);
      });
    },
  };
}

/** libvirt writes its XML in one form only; if anything is not found, the whole description is useless. */
export function factsOf(xml: string): Omit<DomainFacts, 'residentBytes'> {
  const memory = /<memory unit='KiB'>(\d+)<\/memory>/.exec(xml)?.[1];
  const vcpus = /<vcpu[^>]*>(\d+)<\/vcpu>/.exec(xml)?.[1];
  const machine = /<type arch='[^']*' machine='([^']*)'>/.exec(xml)?.[1];
  if (!memory || !vcpus || !machine) {
    throw new RewindError('hypervisor.failed', {
      cause: new Error('the description of the domain is incomplete'),
      retry: false,
    });
  }
  const disks = blocksOf(xml, 'disk').map((block) => ({
    name: target(/<target dev='([^']*)'/.exec(block)?.[1] ?? ''),
    source: /<source [^>]*(?:name|file|dev)='([^']*)'/.exec(block)?.[1] ?? '',
  }));
  return {
    ramBytes: Number(memory) * KIB,
    vcpus: Number(vcpus),
    machine,
    disks: disks.map((disk) => disk.name),
    devices: [
      ...disks.map(({ name, source }) => `disk ${name} ${source}`),
      ...blocksOf(xml, 'interface').map(
        (block) =>
          `interface ${/<mac address='([^']*)'/.exec(block)?.[1] ?? ''} ${/<target dev='([^']*)'/.exec(block)?.[1] ?? ''}`,
      ),
    ].sort(byText),
    passthrough: passthroughOf(xml),
  };
}

const blocksOf = (xml: string, name: string): string[] =>
  xml.match(new RegExp(`<${name} [\\s\\S]*?</${name}>`, 'g')) ?? [];

function passthroughOf(xml: string): string[] {
  const found = PASSTHROUGH.filter((name) => new RegExp(`<${name}[ >]`).test(xml));
  const interfaces = /<interface type='(hostdev|vdpa|vhostuser)'/.exec(xml)?.[1];
  return interfaces ? [...found, interfaces] : found;
}

const residentOf = (text: string): number | null => {
  const found = /^rss (\d+)$/m.exec(text)?.[1];
  return found ? Number(found) * KIB : null;
};

/** Leaves out what may change without a change of the CPU. */
export function cpuOf(xml: string): string {
  const model = /<model>([^<]*)<\/model>/.exec(xml)?.[1] ?? 'unknown';
  const lines = xml.split('\n').map((line) => line.trim());
  const lasting = lines.filter((line) => !/^<(counter|microcode|topology|pages)\b/.test(line));
  return `${model}/${createHash('sha256').update(lasting.join('\n')).digest('hex').slice(0, 16)}`;
}

function known(domain: string): string {
  if (isUuid(domain)) return domain;
  throw new RewindError('internal.bad-name', 'A server id was malformed.');
}

function target(disk: string): string {
  if (DISK_TARGET.test(disk)) return disk;
  throw new RewindError('internal.bad-name', 'The name of a disk was malformed.');
}

/** A comma would end the path in `--memspec`. */
function filePath(path: string): string {
  if (/^\/[A-Za-z0-9._/-]+$/.test(path)) return path;
  throw new RewindError('internal.bad-name', 'The path of a memory file was malformed.');
}

const notRestored = (cause: unknown): RewindError => new RewindError('memory.not-restored', { cause });
