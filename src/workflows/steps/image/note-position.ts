import type { RecipeStep } from '../../world.ts';

export interface NotePositionInput {
  serverId: string;
  /** Null: the server holds content that no snapshot of the tree began. */
  snapshotId: string | null;
}

/** Records where the server now stands in its tree of snapshots: its next snapshot becomes a child of that one. */
export const notePosition: RecipeStep<NotePositionInput, null> = {
  name: 'note-position',
  async act(context, { serverId, snapshotId }) {
    await context.world.catalogue.setPosition(serverId, context.operation.project_id, snapshotId);
    return null;
  },
};
