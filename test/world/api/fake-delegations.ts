import { RewindError } from '../../../src/domain/errors.ts';
import type { Acting, Delegations } from '../../../src/ports/delegations.ts';

/** Keystone's trusts and role assignments in memory. */
export class FakeDelegations implements Delegations {
  trusts = new Map<string, { userId: string; projectId: string; roles: string[] }>();
  /** `user project` → roles; absent: the user has none. */
  standing = new Map<string, string[]>();
  /** Users who are disabled, or have lost their roles. */
  gone = new Set<string>();
  /** Application credentials that were deleted. */
  deleted = new Set<string>();
  makesTrusts = true;
  down: Error | undefined;
  private next = 1;

  async createTrust(_token: string, of: { userId: string; projectId: string; roles: readonly string[] }) {
    if (!this.makesTrusts) return undefined;
    const id = `trust${this.next++}`;
    this.trusts.set(id, { ...of, roles: [...of.roles] });
    return id;
  }

  async deleteTrust(id: string): Promise<void> {
    if (this.down) throw this.down;
    this.trusts.delete(id);
  }

  async byTrust(id: string): Promise<Acting> {
    if (this.down) throw this.down;
    const trust = this.trusts.get(id);
    if (!trust || this.gone.has(trust.userId)) throw lost();
    return { userId: trust.userId, roles: trust.roles, token: `by ${id}` };
  }

  async byRoles(
    userId: string,
    projectId: string,
    wanted: readonly string[],
    credentialId?: string | null,
  ): Promise<Acting> {
    if (this.down) throw this.down;
    if (credentialId && this.deleted.has(credentialId))
      throw new RewindError('policy.credential-gone', 'The credential is gone.');
    const roles = wanted.filter((role) => this.standing.get(`${userId} ${projectId}`)?.includes(role));
    if (roles.length === 0 || this.gone.has(userId)) throw lost();
    return { userId, roles, token: `of ${projectId}` };
  }
}

const lost = () => new RewindError('policy.rights-lost', 'The user may not act any more.');
