import type { Caller } from '../../domain/caller.ts';
import type { Message } from '../../domain/message.ts';
import type { ServiceDeps } from '../shared/api-deps.ts';
import { audited } from '../shared/audited.ts';
import { findMessage } from '../shared/find.ts';
import { type ListRequest, listPage, type Page } from '../shared/paged-list.ts';

/** Rejects like `listPage`. */
export const listMessages = (deps: ServiceDeps, caller: Caller, request: ListRequest): Promise<Page<Message>> =>
  listPage(deps, caller, 'vm-backup:messages:list', request, {
    list: (query) => deps.messages.listMessages(query),
    count: (query) => deps.messages.countMessages(query),
  });

/** Rejects with `forbidden` (403), `message.not-found` (404). */
export const showMessage = (deps: ServiceDeps, caller: Caller, id: string): Promise<Message> =>
  findMessage(deps, caller, 'vm-backup:messages:show', id);

/** Rejects like `showMessage`. */
export function deleteMessage(deps: ServiceDeps, caller: Caller, id: string): Promise<void> {
  return audited(deps, caller, { action: 'messages:delete', resourceType: 'message', resourceId: id }, async () => {
    const message = await findMessage(deps, caller, 'vm-backup:messages:delete', id);
    await deps.messages.removeMessage(message.id);
  });
}
