/** What a caller may ask of quotas: each function here is bound to its collaborators by `createServices`. */
export { deleteQuotaSet, showQuotaSet, updateQuotaSet } from './quota-acts.ts';
export { showLimits } from './show-limits.ts';
