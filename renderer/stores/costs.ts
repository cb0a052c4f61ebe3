import type { GenerateRequestInput, JobSummary, StudioClient } from '#contract';
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { applyEvent, newJobView } from '../features/jobs/job-view.ts';
import { callsOf } from '../features/jobs/network-calls.ts';
import { usePacksStore } from './packs.ts';
import { isRecord, readSaved, save } from './saved.ts';
import type { ArmName, JobView, StepCosts } from '../features/jobs/job-view.ts';
import type { Sampled } from '../features/jobs/network-calls.ts';

/** Milliseconds of one call of a network. */
interface CallCosts {
  readonly denoiser?: number;
  readonly gradient?: number;
}
type SavedCosts = Readonly<Record<string, CallCosts>>;

/** What of a request decides how long it takes. */
export type Costly = Pick<
  GenerateRequestInput,
  'packId' | 'emphases' | 'steps' | 'guidance' | 'rebuild' | 'window'
>;

const isSavedCosts = (value: unknown): value is SavedCosts =>
  isRecord(value) &&
  Object.values(value).every(
    (costs) => isRecord(costs) && Object.values(costs).every((cost) => typeof cost === 'number' && cost >= 0),
  );

/** Runs whose events are read for their figures. */
const MOST_READ = 4;

/**
 * What a call of each network took on this machine, by pack: measured, never guessed. What a run will take is made of
 * them by its own settings, so that a run measured under other settings tells it too.
 */
export const useCostsStore = defineStore('costs', () => {
  const packs = usePacksStore();
  const byPack = shallowRef<SavedCosts>(readSaved('call-costs', isSavedCosts) ?? {});

  /** The settings that hold: the request's own, else the pack's; undefined while the pack is not known. */
  function sampledOf({ packId, emphases, steps, guidance, rebuild, window }: Costly): Sampled | undefined {
    const pack = packs.usable.find((each) => each.packId === packId);
    return (
      pack && {
        steps: steps ?? pack.sampling.steps,
        guidance: guidance ?? pack.sampling.guidance,
        rebuild: rebuild ?? pack.sampling.rebuild,
        window: window ?? pack.sampling.window,
        levels: pack.levels,
        isStressed: (emphases ?? []).some(({ muted, weight }) => muted !== true && weight !== 0),
      }
    );
  }

  /** Milliseconds that the picture of an arm takes; null where something of it was never measured. */
  function ofArm(arm: ArmName, request: Costly): number | null {
    const sampled = sampledOf(request);
    const calls = sampled && callsOf(arm, sampled);
    const { denoiser, gradient } = byPack.value[request.packId] ?? {};
    if (!calls || denoiser === undefined) return null;
    if (calls.gradient === 0) return calls.denoiser * denoiser;
    return gradient === undefined ? null : calls.denoiser * denoiser + calls.gradient * gradient;
  }

  /** Milliseconds that all arms of a request take; null where something of it was never measured. */
  function total(request: Costly & Pick<GenerateRequestInput, 'arms'>): number | null {
    const each = request.arms.map((arm) => ofArm(arm, request));
    return each.reduce((sum, ms) => (sum === null || ms === null ? null : sum + ms), 0);
  }

  /** Milliseconds of a step of each arm of a request; arms of which something was never measured are left out. */
  function ofSteps(request: Costly & Pick<GenerateRequestInput, 'arms'>): StepCosts {
    const steps = sampledOf(request)?.steps ?? 1;
    return Object.fromEntries(
      request.arms.flatMap((arm) => {
        const ms = ofArm(arm, request);
        return ms === null ? [] : [[arm, ms / steps]];
      }),
    );
  }

  /**
   * Keeps what a finished job measured: the denoiser by an arm without gradients, then gradients by what remains. Where a
   * job has no such arm and both are known, the machine has become faster or slower, and both with it.
   */
  function learn(request: Costly, { times, steps }: JobView): void {
    const asked = sampledOf(request);
    if (!asked) return;
    const sampled = { ...asked, steps };
    let known = byPack.value[request.packId] ?? {};
    const measured = (Object.keys(times) as ArmName[]).flatMap((arm) => {
      const time = times[arm];
      const calls = time && callsOf(arm, sampled, time.firstI);
      return time && calls ? [{ ms: time.lastAt - time.firstAt, ...calls }] : [];
    });
    const plain = measured.find(({ ms, denoiser, gradient }) => gradient === 0 && denoiser > 0 && ms > 0);
    if (plain) known = { ...known, denoiser: plain.ms / plain.denoiser };
    const graded = measured.find(({ gradient }) => gradient > 0);
    if (graded && known.denoiser !== undefined) {
      const { ms, denoiser, gradient } = graded;
      const expected = denoiser * known.denoiser + gradient * (known.gradient ?? 0);
      known =
        plain || known.gradient === undefined
          ? // A gradient may cost less than the measures err.
            { ...known, gradient: Math.max(0, ms - denoiser * known.denoiser) / gradient }
          : {
              denoiser: (known.denoiser * ms) / expected,
              gradient: (known.gradient * ms) / expected,
            };
    }
    byPack.value = { ...byPack.value, [request.packId]: known };
    save('call-costs', byPack.value);
  }

  /** True where a run of these arms measured something that is not known yet and can be told from it. */
  function teaches(request: Costly & Pick<GenerateRequestInput, 'arms'>): boolean {
    const sampled = sampledOf(request);
    if (!sampled || total(request) !== null) return false;
    const isKnown = byPack.value[request.packId]?.denoiser !== undefined;
    return request.arms.some((arm) => {
      const calls = callsOf(arm, sampled);
      return calls !== null && (isKnown || calls.gradient === 0);
    });
  }

  /** Where figures are lacking that some of these runs measured, takes them from the events that the host kept of a few. */
  async function learnFrom(client: StudioClient, runs: readonly JobSummary[]): Promise<void> {
    if (!packs.list) await packs.load();
    let read = 0;
    for (const { jobId, state, request } of runs) {
      if (state !== 'done' || !teaches(request)) continue;
      if (++read > MOST_READ) return;
      let view = newJobView(jobId, request.arms);
      for await (const event of client.jobs.watch({ jobId, after: 0 })) view = applyEvent(view, event);
      learn(request, view);
    }
  }

  return { byPack, ofArm, ofSteps, total, learn, learnFrom };
});
