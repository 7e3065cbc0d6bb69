/** A user for whom Rewind acts while they are not there, as Keystone describes them now. */
export interface Acting {
  userId: string;
  /** Names of the roles in the project. */
  roles: string[];
  /** For the project; it lives as long as the act, and is not stored. */
  token: string;
}

/**
 * Acting later for a user. Errors: `openstack.unavailable` (retry), `policy.rights-lost` (403): the user is disabled or
 * deleted, has lost their role, or their project is disabled.
 */
export interface Delegations {
  /**
   * Makes a trust of the token's user for our own service user, in one project, with these roles only. Undefined:
   * Keystone makes none with a token of this kind.
   */
  createTrust(
    token: string,
    of: { userId: string; projectId: string; roles: readonly string[] },
  ): Promise<string | undefined>;
  /** An absent trust is fine. */
  deleteTrust(trustId: string): Promise<void>;
  byTrust(trustId: string): Promise<Acting>;
  /**
   * Without a trust: what Keystone says about the user, and our own token for the project. Never more than `roles`, nor
   * than the application credential has; one that was deleted or has expired is `policy.credential-gone` (403).
   */
  byRoles(userId: string, projectId: string, roles: readonly string[], credentialId?: string | null): Promise<Acting>;
}
