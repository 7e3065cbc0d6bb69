import type { CloudConfig } from '../adapters/openstack/calls/openstack-config.ts';
import type { Config } from '../config/load-config.ts';

export function cloudConfigOf({ keystone }: Config): CloudConfig {
  return {
    authUrl: keystone.authUrl,
    username: keystone.username,
    password: keystone.password.reveal(),
    userDomainName: keystone.userDomainName,
    projectName: keystone.projectName,
    projectDomainName: keystone.projectDomainName,
    region: keystone.region,
    interfaces: [...keystone.interfaces],
    endpointOverrides: keystone.endpointOverrides,
    insecure: keystone.insecure,
    timeoutMs: keystone.timeoutSeconds * 1000,
    ...(keystone.caFile === null ? {} : { caFile: keystone.caFile }),
  };
}
