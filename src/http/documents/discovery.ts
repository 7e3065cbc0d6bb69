import type { RequestHandler } from 'express';
import type { HttpSettings } from '../../api/calls/http-settings.ts';
import { MAX_VERSION, MIN_VERSION } from '../../api/calls/http-settings.ts';
import { urlsOf } from '../../api/calls/urls.ts';

/** These keys and no others are allowed by API-SIG's version-discovery-schema.json. */
function versionDocument(base: string): Record<string, unknown> {
  return {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: MIN_VERSION,
    max_version: MAX_VERSION,
    links: [
      { rel: 'self', href: `${base}/v1/` },
      { rel: 'collection', href: `${base}/` },
    ],
  };
}

/** `GET /` */
export const listVersions =
  (settings: HttpSettings): RequestHandler =>
  (req, res) => {
    res.json({ versions: [versionDocument(urlsOf(req, res, settings).base)] });
  };

/** `GET /v1/`; keystoneauth reads `version` here. */
export const showVersion =
  (settings: HttpSettings): RequestHandler =>
  (req, res) => {
    res.json({ version: versionDocument(urlsOf(req, res, settings).base) });
  };
