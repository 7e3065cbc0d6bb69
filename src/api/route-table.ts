import { byText } from '../domain/order.ts';
import * as backups from './backups/routes.ts';
import type { Route } from './calls/route.ts';
import * as messages from './messages/routes.ts';
import * as operations from './operations/routes.ts';
import * as policies from './policies/routes.ts';
import * as quotas from './quotas/routes.ts';
import * as restores from './restores/routes.ts';
import * as servers from './servers/routes.ts';
import * as snapshots from './snapshots/routes.ts';
import * as targets from './targets/routes.ts';

const rooms = [backups, snapshots, restores, policies, operations, messages, servers, targets, quotas];

/** A parameter sorts after every word, otherwise the word would be taken for an id. */
const place = (path: string): string => path.replace(/\{\w+\}/g, '~');

/** Every endpoint that needs a token: whatever the rooms' `routes.ts` export. */
export const routes: readonly Route[] = rooms
  .flatMap((room): Route[] => Object.values(room))
  .toSorted((a, b) => byText(place(a.path), place(b.path)));
