export { engineContract } from './contract.ts';
export type {
  EngineExplainEvent,
  EnginePhrase,
  ExplainRequest,
  SampleEvent,
  SampleRequest,
  TogetherEvent,
} from './contract.ts';
export { engineServices } from './service.ts';
export type { EngineServices } from './service.ts';
export { parseEmphasis, parsePhraseOption } from './text/emphasis-syntax.ts';
export type { MarkedPhrase, ParsedPrompt } from './text/emphasis-syntax.ts';
export { makeTokenizer } from './text/word-piece.ts';
export type { Tokenizer } from './text/word-piece.ts';
export { readSafetensors } from './safetensors.ts';
export { gradientLevels, samplingLevels, makeSchedule } from './sampler/index.ts';
