import { routes } from '../../src/api/route-table.ts';
import { openApiDocument } from '../../src/http/documents/openapi.ts';

/** The description of the API as a service with default settings serves it, for those who check it without one. */
const settings = { publicUrl: null, pathPrefix: '/vm-backup' } as Parameters<typeof openApiDocument>[1];
process.stdout.write(JSON.stringify(openApiDocument(routes, settings), undefined, 2));
