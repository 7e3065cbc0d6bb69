/** What a caller may ask of backups: each function here is bound to its collaborators by `createServices`. */
export { copyBackup } from './copy.ts';
export { createBackup } from './create.ts';
export { deleteBackup } from './delete.ts';
export { importBackup } from './import.ts';
export { listBackups, showBackup } from './read.ts';
export { showManifest } from './show-manifest.ts';
export { updateBackup } from './update.ts';
export { verifyBackup } from './verify.ts';
