export { isLoopback, reachedAt } from './guard.ts';
export { startServe } from './start.ts';
export type { ServeOptions, Served } from './start.ts';
