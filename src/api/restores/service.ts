/** What a caller may ask of restores: each function here is bound to its collaborators by `createServices`. */
export { createRestore, dryRunRestore } from './create.ts';
export { listRestores, showRestore } from './read.ts';
