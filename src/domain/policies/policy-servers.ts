import type { ServerSelector } from './backup-policy.ts';

/** What a selector looks at. */
export interface SelectableServer {
  id: string;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
}

/** Whether a policy covers a server of its project. */
export function covers(selector: ServerSelector, server: SelectableServer): boolean {
  if (selector.except_ids.includes(server.id)) return false;
  if (selector.all || selector.ids.includes(server.id)) return true;
  const wanted = Object.entries(selector.metadata);
  if (selector.tags.length + wanted.length === 0) return false;
  return (
    selector.tags.every((tag) => server.tags.includes(tag)) &&
    wanted.every(([key, value]) => server.metadata[key] === value)
  );
}

/** False: no server can ever be covered, which is a mistake of the author. */
export const selectsAny = ({ all, ids, tags, metadata }: ServerSelector): boolean =>
  all || ids.length + tags.length + Object.keys(metadata).length > 0;
