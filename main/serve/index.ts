export { startServe } from './start.ts';
export type { ServeOptions, Served } from './start.ts';
