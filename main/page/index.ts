export { readPage } from './page-files.ts';
export type { PageFile } from './page-files.ts';
