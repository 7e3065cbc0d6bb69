import type { Message } from '../../domain/message.ts';
import type { ListQuery } from './list-query.ts';

/** What users may read about what went wrong. Lists reject with `marker.unknown` (400). */
export interface Messages {
  tell(messages: readonly Message[]): Promise<void>;
  message(id: string, projectId: string | null): Promise<Message | undefined>;
  listMessages(query: ListQuery): Promise<Message[]>;
  countMessages(query: ListQuery): Promise<number>;
  removeMessage(id: string): Promise<void>;
  /** Removes those that had expired by then. */
  pruneMessages(now: string): Promise<void>;
}
