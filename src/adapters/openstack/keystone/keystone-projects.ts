import type { Projects } from '../../../ports/projects.ts';
import { answerError } from '../calls/openstack-errors.ts';
import { sendPatiently } from '../calls/retry-call.ts';
import { keystoneUrl, type Session, type SessionParts } from './session.ts';

/** Keystone's ids; nothing else gets into a path. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export function projectsClient(admin: Session, { http, clock, config }: SessionParts): Projects {
  const ask = async (projectId: string) => {
    const own = await admin.token();
    const headers = { 'X-Auth-Token': own.value };
    const url = `${keystoneUrl(config)}/projects/${projectId}`;
    const answer = await sendPatiently(http, clock, { service: 'identity', method: 'GET', url, headers });
    if (answer.status === 401) admin.invalidate(own.value);
    return answer;
  };
  return {
    async exists(projectId) {
      if (!ID.test(projectId)) return false;
      let answer = await ask(projectId);
      if (answer.status === 401) answer = await ask(projectId);
      if (answer.status === 404) return false;
      if (answer.status !== 200) throw answerError('identity', answer, 'rewind');
      return true;
    },
  };
}
