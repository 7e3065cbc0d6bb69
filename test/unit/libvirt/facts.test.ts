import { describe, expect, it } from '@jest/globals';
import { cpuOf, factsOf } from '../../../src/adapters/libvirt/domain-memory.ts';

const XML = `<domain type='qemu' id='2'>
  <memory unit='KiB'>262144</memory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
  </os>
  <devices>
    <disk type='network' device='disk'>
      <source protocol='rbd' name='vms/x_disk' index='2'>
        <host name='127.0.0.1' port='6789'/>
      </source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='network' device='cdrom'>
      <target dev='hda' bus='ide'/>
    </disk>
    <interface type='bridge'>
      <mac address='fa:16:3e:00:00:01'/>
      <target dev='tap1'/>
    </interface>
  </devices>
</domain>`;

describe('what libvirt says of a domain', () => {
  it('is understood', () => {
    expect(factsOf(XML)).toEqual({
      ramBytes: 256 * 1024 ** 2,
      vcpus: 2,
      machine: 'pc-i440fx-7.2',
      disks: ['vda', 'hda'],
      devices: ['disk hda ', 'disk vda vms/x_disk', 'interface fa:16:3e:00:00:01 tap1'],
      passthrough: [],
    });
  });

  it.each([
    [`<hostdev mode='subsystem' type='pci'>`, ['hostdev']],
    [`<shmem name='x'>`, ['shmem']],
    [`<interface type='hostdev' managed='yes'>`, ['hostdev']],
    [`<vsock model='virtio'>`, ['vsock']],
  ])('names devices of the host: %s', (device, names) => {
    expect(factsOf(XML.replace('<devices>', `<devices>${device}`)).passthrough).toEqual(names);
  });

  it('is refused when it is incomplete, or names no disk of ours', () => {
    expect(() => factsOf(XML.replace(/<vcpu.*/, ''))).toThrow(/reported an error/);
    expect(() => factsOf(XML.replace("dev='hda'", "dev='--x'"))).toThrow(/malformed/);
  });
});

describe('the CPU of a host', () => {
  const cpu = (more: string) =>
    `<cpu>\n  <model>EPYC</model>\n  <counter name='tsc' frequency='${more}'/>\n  <microcode version='${more}'/>\n  <feature name='avx'/>\n</cpu>`;
  it('is the same after a reboot, and another with other features', () => {
    expect(cpuOf(cpu('1'))).toBe(cpuOf(cpu('2')));
    expect(cpuOf(cpu('1'))).toMatch(/^EPYC\/[0-9a-f]{16}$/);
    expect(cpuOf(cpu('1').replace('avx', 'sse'))).not.toBe(cpuOf(cpu('1')));
  });
});
