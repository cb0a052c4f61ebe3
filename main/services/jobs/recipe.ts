/** The recipe of a picture: everything that remakes it (contract/schema/recipe.ts). */
import { createHash } from 'node:crypto';
import { ADAPTED_ARMS, BASELINE_ARMS, rivalScale } from '#contract';
import type { GenerateRequest, PackManifest, Recipe, RecipePack } from '#contract';
import type { SampleEvent } from '../../engine/index.ts';
import type { InstalledPack } from '../packs/index.ts';
import type { Prepared } from './prepare.ts';

export type ArmResult = SampleEvent & { readonly type: 'result' };
export type SamplingChoice = PackManifest['sampling'];

/** What all pictures of one job have in common. */
export interface JobFacts {
  readonly request: GenerateRequest;
  /** The request's numbers, the pack's own where the request leaves them out. */
  readonly plan: SamplingChoice;
  readonly prepared: Pick<Prepared, 'recipeEmphases' | 'recipeWrong' | 'recipeSource'>;
  readonly pack: Pick<InstalledPack, 'manifest'>;
  /** The pack whose denoiser ran the arms of the Baseline. */
  readonly baseline: Pick<InstalledPack, 'manifest'> | null;
  readonly appVersion: string;
  readonly createdAt: number;
}

/** One picture of an arm: as it was sampled, or enlarged. */
export interface ArmPicture {
  /** Side in pixels. */
  readonly size: number;
  /** RGB [size, size, 3]. */
  readonly rgb: Uint8Array;
  readonly upscaled: boolean;
}

const recipePack = ({ manifest }: Pick<InstalledPack, 'manifest'>): RecipePack => ({
  id: manifest.id,
  version: manifest.version,
  parts: Object.fromEntries(
    Object.entries(manifest.parts).flatMap(([name, part]) => (part ? [[name, part.sha256]] : [])),
  ),
});

/** The recipe of one picture of one arm. */
export function makeRecipe(facts: JobFacts, result: ArmResult, picture: ArmPicture): Recipe {
  const { request, plan, prepared, pack, baseline, appVersion, createdAt } = facts;
  const { schedule, parts } = pack.manifest;
  const takesBaseline = [...BASELINE_ARMS, ...ADAPTED_ARMS].includes(result.arm);
  return {
    format: 'accent-recipe',
    schema: 1,
    appVersion,
    createdAt,
    arm: result.arm,
    prompt: request.prompt,
    emphases: prepared.recipeEmphases,
    wrongEmphases: prepared.recipeWrong,
    source: prepared.recipeSource,
    referencesPerEmphasis: request.referencesPerEmphasis,
    pack: recipePack(pack),
    baselinePack: baseline && takesBaseline ? recipePack(baseline) : null,
    rivalScale: rivalScale(result.arm, request.rivalScales) ?? undefined,
    encoderHash: parts.encoderWeights.sha256,
    // The engine names every part that it has opened; this job used the prior only where its source says so.
    backends: Object.fromEntries(
      Object.entries(result.backends).filter(
        ([port]) => port !== 'prior' || prepared.recipeSource.kind === 'prior',
      ),
    ),
    schedule: { kind: schedule.kind, levels: schedule.levels },
    seed: request.seed,
    steps: plan.steps,
    guidance: plan.guidance,
    rebuild: plan.rebuild,
    ...(request.sampler === undefined ? {} : { sampler: request.sampler }),
    window: plan.window,
    unrefinedSteps: result.unrefinedSteps,
    output: {
      width: picture.size,
      height: picture.size,
      upscaled: picture.upscaled,
      pixelsHash: createHash('sha256').update(picture.rgb).digest('hex'),
    },
    wallSeconds: result.seconds.total,
  };
}

/** An arm's pictures in order: as it was sampled, then enlarged where it was. */
export function picturesOf(result: ArmResult): ArmPicture[] {
  const { size, rgb, large } = result;
  return [{ size, rgb, upscaled: false }, ...(large ? [{ ...large, upscaled: true }] : [])];
}
