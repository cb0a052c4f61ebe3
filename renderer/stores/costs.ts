import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { JobSummary, StudioClient } from '#contract';
import { applyEvent, measuredCosts, newJobView } from '../features/jobs/job-view.ts';
import { isRecord, readSaved, save } from './saved.ts';
import type { JobView, StepCosts } from '../features/jobs/job-view.ts';

type SavedCosts = Readonly<Record<string, StepCosts>>;

const isSavedCosts = (value: unknown): value is SavedCosts =>
  isRecord(value) &&
  Object.values(value).every(
    (costs) => isRecord(costs) && Object.values(costs).every((cost) => typeof cost === 'number' && cost > 0),
  );

/** Runs whose events are read for their figures. */
const MOST_READ = 4;

/** What a step of each arm took on this machine, by pack: measured, never guessed. */
export const useCostsStore = defineStore('costs', () => {
  const byPack = shallowRef<SavedCosts>(readSaved('costs', isSavedCosts) ?? {});

  function costsOf(packId: string): StepCosts {
    return byPack.value[packId] ?? {};
  }

  /** Keeps what a finished job measured. */
  function learn(packId: string, view: JobView): void {
    byPack.value = { ...byPack.value, [packId]: { ...costsOf(packId), ...measuredCosts(view) } };
    save('costs', byPack.value);
  }

  /** Where figures are lacking that some of these runs measured, takes them from the events that the host kept of a few. */
  async function learnFrom(client: StudioClient, runs: readonly JobSummary[]): Promise<void> {
    let read = 0;
    for (const { jobId, state, request } of runs) {
      const { packId, arms } = request;
      if (state !== 'done' || arms.every((arm) => costsOf(packId)[arm] !== undefined)) continue;
      if (++read > MOST_READ) return;
      let view = newJobView(jobId, arms);
      for await (const event of client.jobs.watch({ jobId, after: 0 })) view = applyEvent(view, event);
      learn(packId, view);
    }
  }

  return { byPack, costsOf, learn, learnFrom };
});
