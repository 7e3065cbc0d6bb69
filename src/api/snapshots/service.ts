/** What a caller may ask of snapshots: each function here is bound to its collaborators by `createServices`. */
export { createSnapshot } from './create.ts';
export { deleteSnapshot } from './delete.ts';
export { listSnapshots, showSnapshot } from './read.ts';
export { showSnapshotTree } from './tree.ts';
export { updateSnapshot } from './update.ts';
