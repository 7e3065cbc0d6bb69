/** Somebody for whom Rewind acts while he is not there, as Keystone sees him now. */
export interface Acting {
  userId: string;
  /** Names, in the project. */
  roles: string[];
  /** Good for the project; lives as long as the act, and is not stored. */
  token: string;
}

/**
 * Acting later for a user. Errors: `openstack.unavailable` (retry), `policy.rights-lost` (403): the user is disabled or
 * deleted, lost his role, or his project is disabled.
 */
export interface Delegations {
  /**
   * A trust of the token's user for our own service user, in one project, with these roles only. Undefined: Keystone
   * makes none with a token of this kind.
   */
  createTrust(
    token: string,
    of: { userId: string; projectId: string; roles: readonly string[] },
  ): Promise<string | undefined>;
  /** Absent is fine. */
  deleteTrust(trustId: string): Promise<void>;
  byTrust(trustId: string): Promise<Acting>;
  /**
   * Without a trust: what Keystone says of the user, and our own token of the project. Never more than `roles`, nor than the
   * application credential has; one that was deleted or has expired is `policy.credential-gone` (403).
   */
  byRoles(userId: string, projectId: string, roles: readonly string[], credentialId?: string | null): Promise<Acting>;
}
