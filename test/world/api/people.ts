import { RewindError } from '../../../src/domain/errors.ts';
import type { Identity, TokenInfo } from '../../../src/ports/openstack.ts';

export const PROJECT = 'a1'.repeat(16);
export const OTHER_PROJECT = 'b2'.repeat(16);
const FAR = '2099-01-01T00:00:00.000000Z';

export const person = (overrides: Partial<TokenInfo> = {}): TokenInfo => ({
  userId: 'c3'.repeat(16),
  userName: 'ann',
  projectId: PROJECT,
  roles: ['member', 'reader'],
  methods: ['password'],
  expiresAt: FAR,
  systemScope: false,
  catalogTypes: ['vm-backup', 'compute'],
  accessRules: null,
  trustId: null,
  credentialId: null,
  ofCertificate: false,
  ...overrides,
});

/** Tokens by their text. */
export const PEOPLE: Record<string, TokenInfo> = {
  reader: person({ roles: ['reader'] }),
  member: person(),
  admin: person({ userId: 'd4'.repeat(16), projectId: 'e5'.repeat(16), roles: ['admin', 'member', 'reader'] }),
  stranger: person({ userId: 'f6'.repeat(16), projectId: OTHER_PROJECT }),
  nobody: person({ roles: [] }),
  service: person({ userId: '07'.repeat(16), projectId: '08'.repeat(16), roles: ['service'] }),
  system: person({ projectId: null, systemScope: true, roles: ['admin'] }),
  unscoped: person({ projectId: null, roles: [] }),
  expired: person({ expiresAt: '2020-01-01T00:00:00Z' }),
};

export class FakeIdentity implements Identity {
  people: Record<string, TokenInfo> = { ...PEOPLE };
  asked: { token: string; allowExpired: boolean }[] = [];
  down = false;

  async validateToken(token: string, allowExpired: boolean): Promise<TokenInfo | undefined> {
    this.asked.push({ token, allowExpired });
    if (this.down) throw new RewindError('openstack.unavailable', 'canary: keystone.internal', { retry: false });
    const info = Object.hasOwn(this.people, token) ? this.people[token] : undefined;
    if (!info || (!allowExpired && Date.parse(info.expiresAt) < Date.now())) return undefined;
    return info;
  }
}
