import type { Networking } from '../../../ports/server-making.ts';

/** For one plan: ports share networks, subnets and groups, and each of these is requested only once. */
export function askOnce(network: Networking): Networking {
  const once = <T>(ask: (id: string) => Promise<T>): ((id: string) => Promise<T>) => {
    const answers = new Map<string, Promise<T>>();
    return (id) => {
      const answer = answers.get(id) ?? ask(id);
      answers.set(id, answer);
      return answer;
    };
  };
  return {
    ...network,
    network: once((id) => network.network(id)),
    subnet: once((id) => network.subnet(id)),
    securityGroup: once((id) => network.securityGroup(id)),
  };
}
