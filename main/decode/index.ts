export { decodeContract } from './contract.ts';
export { makeDecoder } from './decoder.ts';
export type { Decoder } from './decoder.ts';
export { withQuarantine } from './quarantine.ts';
export type { QuarantineMemory } from './quarantine.ts';
