/** The remote calls: `serve` on the host's side of a link, `connect` on the caller's. */
export { serve } from './serve.ts';
export type { Server, ServeOptions } from './serve.ts';
export { connect } from './connect.ts';
