import type { RecipeStep } from '../../world.ts';

export interface NotePositionInput {
  serverId: string;
  /** Null: the server holds something that no snapshot of the tree began. */
  snapshotId: string | null;
}

/** Where in its tree of snapshots the server now stands: the next snapshot becomes a child of that one. */
export const notePosition: RecipeStep<NotePositionInput, null> = {
  name: 'note-position',
  async act(context, { serverId, snapshotId }) {
    await context.world.catalogue.setPosition(serverId, context.operation.project_id, snapshotId);
    return null;
  },
};
