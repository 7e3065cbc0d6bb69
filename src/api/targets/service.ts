/** What a caller may ask of targets: each function here is bound to its collaborators by `createServices`. */
export { listTargets, showTarget } from './target-acts.ts';
