/** How many calls of the networks a picture takes under its settings: what its time is made of. Pure. */
import type { ArmName } from './job-view.ts';

/** What decides over the calls; the sampler does not, its second order comes from the step before. */
export interface Sampled {
  readonly steps: number;
  readonly guidance: number;
  readonly rebuild: 'mean-shift' | 'continue' | 'difference';
  /** Levels in which refinement acts. */
  readonly window: readonly [number, number];
  /** T, the level of pure noise. */
  readonly levels: number;
  /** False where no phrase has an effect: the refined picture is then made as the coarse one is. */
  readonly isStressed: boolean;
}

export interface Calls {
  /** Of the denoiser, for one picture and one condition; guidance asks for two. */
  readonly denoiser: number;
  /** Of the gradient's kernel. */
  readonly gradient: number;
}

type Stages = 'coarse' | 'null' | 'gradient';

/** Arms of which this is known. */
const STAGES: Readonly<Partial<Record<ArmName, Stages>>> = {
  sentence: 'coarse',
  coarse: 'coarse',
  coarse2: 'null',
  refined: 'gradient',
  wrong: 'gradient',
};

/**
 * Calls of one picture; `after` leaves out what is done once stage 1 of that step is finished, so that a time between two
 * events can be shared out. Null for arms that are made in another way. It counts what main/engine/sampler/two-stage.ts
 * does, as its test shows.
 */
export function callsOf(arm: ArmName, sampled: Sampled, after = 0): Calls | null {
  const named = STAGES[arm];
  if (named === undefined) return null;
  const stages = named === 'gradient' && !sampled.isStressed ? 'coarse' : named;
  const { steps, guidance, rebuild, window, levels } = sampled;
  const branches = guidance === 0 ? 1 : 2;
  let denoiser = 0;
  let gradient = 0;
  for (let i = 1; i <= steps; i++) {
    const level = Math.round(levels * (1 - i / steps));
    if (i > after) denoiser += branches;
    if (stages === 'coarse' || level === 0 || level < window[0] || level > window[1]) continue;
    if (i >= after) {
      denoiser += branches;
      if (stages === 'gradient') gradient++;
      if (stages === 'gradient' && rebuild === 'difference') denoiser += branches;
    }
    // Stage 2 takes the next step itself.
    if (rebuild === 'continue') i++;
  }
  return { denoiser, gradient };
}
