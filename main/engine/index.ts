export { engineContract } from './contract.ts';
export type { EnginePhrase, SampleEvent, SampleRequest } from './contract.ts';
export { engineServices } from './service.ts';
export type { EngineServices } from './service.ts';
export { parseEmphasis, parsePhraseOption } from './text/emphasis-syntax.ts';
export type { MarkedPhrase, ParsedPrompt } from './text/emphasis-syntax.ts';
export { readSafetensors } from './safetensors.ts';
export { samplingLevels, makeSchedule } from './sampler/index.ts';
