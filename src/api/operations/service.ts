/** What a caller may ask of operations: each function here is bound to its collaborators by `createServices`. */
export { cancelOperation } from './cancel.ts';
export { listOperations, showOperation } from './read.ts';
