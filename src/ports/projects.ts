/** Keystone's projects, disabled ones too. Errors: `openstack.unavailable` (retry). */
export interface Projects {
  exists(projectId: string): Promise<boolean>;
}
