/** A recipe as the studio writes it, with what a test wants to be different. */
import type { Recipe } from '../../contract/index.ts';

export const HASH = 'ab'.repeat(32);

export const recipeWith = (change: Partial<Recipe> = {}): Recipe => ({
  format: 'accent-recipe',
  schema: 1,
  appVersion: '1.0.0',
  createdAt: 1,
  arm: 'refined',
  prompt: 'a person with a full beard',
  emphases: [
    {
      id: 'e1',
      phrase: 'full beard',
      weight: 1.4,
      muted: false,
      bans: [],
      references: [{ contentHash: HASH, rank: 1, score: 0.5, weight: 1, pinned: false }],
    },
  ],
  wrongEmphases: [],
  source: { kind: 'prior', embeddingHash: HASH, references: [] },
  referencesPerEmphasis: 4,
  pack: { id: 'tiny', version: '1.0.0', parts: { denoiser: HASH } },
  baselinePack: null,
  encoderHash: HASH,
  backends: { denoiser: { name: 'ort-cpu', detail: 'x' } },
  schedule: { kind: 'cosine', levels: 1000 },
  steps: 50,
  guidance: 3,
  seed: 7,
  rebuild: 'mean-shift',
  window: [100, 900],
  unrefinedSteps: [],
  output: { width: 4, height: 4, upscaled: false, pixelsHash: HASH },
  wallSeconds: 1.5,
  ...change,
});
