/** What a caller may ask of policies: each function here is bound to its collaborators by `createServices`. */
export { createPolicy } from './create.ts';
export { deletePolicy } from './delete.ts';
export { listPolicies, listPolicyRuns, showPolicy } from './read.ts';
export { simulateNewPolicy, simulatePolicy } from './simulate.ts';
export { updatePolicy } from './update.ts';
