import { describe, expect, it } from '@jest/globals';
import { createHypervisor } from '../../src/adapters/libvirt/virsh.ts';

/**
 * libvirt's own test driver: the real `virsh`, and one domain without a machine behind it. Each connection has a world of
 * its own, which is new when it is opened; so only what a connection is told in turn can be seen.
 */
const hypervisor = createHypervisor({ uri: 'test:///default', callSeconds: 4 });
const DOMAIN = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const NOBODY = '11111111-1111-4111-8111-111111111111';

describe('the hypervisor', () => {
  it('tells the state of a domain', async () => {
    expect(await hypervisor.state(DOMAIN)).toBe('running');
    expect(await hypervisor.state(NOBODY)).toBe('absent');
  });

  it('holds a domain and lets it go through one open connection, in a moment', async () => {
    const grip = await hypervisor.grip(DOMAIN);
    try {
      expect(await grip.letGo(DOMAIN, 'pause')).toBe(false);
      const began = performance.now();
      await grip.hold(DOMAIN, 'pause');
      expect(await grip.letGo(DOMAIN, 'pause')).toBe(true);
      expect(performance.now() - began).toBeLessThan(500);
      expect(await grip.letGo(DOMAIN, 'pause')).toBe(false);
      await grip.hold(DOMAIN, 'freeze');
      expect(await grip.letGo(DOMAIN, 'freeze')).toBe(true);
    } finally {
      await grip.drop();
    }
  });

  it('says the same of what goes wrong through it, and goes on after', async () => {
    const grip = await hypervisor.grip(DOMAIN);
    try {
      await expect(grip.hold(NOBODY, 'pause')).rejects.toMatchObject({ code: 'vm-backup.hypervisor.not-running' });
      await expect(grip.letGo(NOBODY, 'freeze')).rejects.toMatchObject({ code: 'vm-backup.hypervisor.not-running' });
      await grip.hold(DOMAIN, 'pause');
      expect(await grip.letGo(DOMAIN, 'pause')).toBe(true);
    } finally {
      await grip.drop();
    }
    await expect(grip.hold(DOMAIN, 'pause')).rejects.toMatchObject({ code: 'vm-backup.hypervisor.failed' });
  });

  it('takes nothing for a domain that is more than an id', async () => {
    const grip = await hypervisor.grip(DOMAIN);
    for (const name of ['test', `${DOMAIN}; destroy test`, `${DOMAIN}\ndestroy test`, '--all'])
      await expect(grip.hold(name, 'pause')).rejects.toMatchObject({ fault: 'bug' });
    await grip.drop();
  });

  it('has no connection to a hypervisor that is not there', async () => {
    const gone = createHypervisor({ uri: 'qemu+unix:///system?socket=/nowhere', callSeconds: 4 });
    await expect(gone.grip(DOMAIN)).rejects.toMatchObject({ code: 'vm-backup.hypervisor.failed.not-reached' });
  });
});
