import { route } from '../../route.ts';
import { manifestAnswer } from '../../schemas/manifest.ts';

export const showManifest = route({
  method: 'get',
  path: '/v1/backups/{backup_id}/manifest',
  operationId: 'showManifest',
  summary: 'Show what a backup knows of its server; for operators with the sealed manifest, which can be imported',
  answers: { 200: manifestAnswer },
  async handle(call) {
    const manifest = await call.services.showManifest(call.caller, call.params.backup_id ?? '');
    return { status: 200, body: { manifest } };
  },
});
