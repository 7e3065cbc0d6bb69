import type * as nodeFiles from 'node:fs/promises';

/** The calls of node:fs/promises that a directory target needs: a test may provide failing ones. */
export type Files = Pick<
  typeof nodeFiles,
  'link' | 'lstat' | 'mkdir' | 'open' | 'opendir' | 'readdir' | 'statfs' | 'unlink'
>;
