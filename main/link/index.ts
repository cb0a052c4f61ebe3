export { processLink } from './process-link.ts';
export type { Channel } from './process-link.ts';
export { makeChild } from './child.ts';
export type { Child, ChildHandle, Session, Spawn } from './child.ts';
export { forkSpawn } from './fork.ts';
export { parentChannel } from './parent-channel.ts';
export type { ParentPort } from './parent-channel.ts';
