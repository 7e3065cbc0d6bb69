import type { Message } from '../../../src/domain/message.ts';
import type { Limits } from '../../../src/domain/operations/quota.ts';
import type { Messages } from '../../../src/ports/stores/messages.ts';
import type { Quotas } from '../../../src/ports/stores/quotas.ts';
import { type MemoryStores, matching, page, visible } from './memory-stores.ts';

/** Quotas in memory, of what is in the stores. */
export class MemoryQuotas implements Quotas {
  readonly #stores: MemoryStores;
  rows = new Map<string, Partial<Limits>>();

  constructor(stores: MemoryStores) {
    this.#stores = stores;
  }

  ofProject = async (project: string): Promise<Partial<Limits>> => this.rows.get(project) ?? {};
  set = async (project: string, limits: Partial<Limits>): Promise<void> =>
    void this.rows.set(project, { ...this.rows.get(project), ...limits });
  clear = async (project: string): Promise<void> => void this.rows.delete(project);
  used = async (project: string): Promise<Limits> => this.#stores.used(project);
}

/** Messages in memory; those of policies come to the same list. */
export class MemoryMessages implements Messages {
  readonly #list: Message[];

  constructor(list: Message[]) {
    this.#list = list;
  }

  tell = async (messages: readonly Message[]): Promise<void> => void this.#list.push(...messages);
  message = async (id: string, project: string | null): Promise<Message | undefined> =>
    visible(
      this.#list.find((one) => one.id === id),
      project,
    );
  listMessages: Messages['listMessages'] = async (query) => page([...this.#list], query);
  countMessages: Messages['countMessages'] = async (query) => matching([...this.#list], query).length;
  removeMessage = async (id: string): Promise<void> => this.#keep((one) => one.id !== id);
  pruneMessages = async (now: string): Promise<void> => this.#keep((one) => one.guaranteed_until >= now);
  #keep(which: (message: Message) => boolean): void {
    this.#list.splice(0, this.#list.length, ...this.#list.filter(which));
  }
}
