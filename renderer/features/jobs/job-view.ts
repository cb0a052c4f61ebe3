/** What the page knows about a job, made of its numbered events. Pure: the same events give the same view. */
import type { ErrorBody, GenerateRequest, JobEvent, JobState, Result, Stage } from '#contract';

/** An arm as requests and events name it. */
export type ArmName = GenerateRequest['arms'][number];
export type Preview = Pick<Extract<JobEvent, { type: 'preview' }>, 'i' | 'width' | 'height' | 'rgba'>;

/** When an arm's first and last step so far were finished. */
interface ArmTimes {
  readonly firstI: number;
  readonly firstAt: number;
  readonly lastI: number;
  readonly lastAt: number;
}

export interface JobView {
  readonly jobId: string;
  readonly state: JobState;
  /** Number of the last event that is in this view: where to go on after a lost connection. */
  readonly seq: number;
  /** Jobs before this one while it is queued. */
  readonly position: number;
  readonly arms: readonly ArmName[];
  /** Steps of one arm; 0 until it has started. */
  readonly steps: number;
  readonly arm: ArmName | null;
  readonly stage: Stage | null;
  /** Step of the present arm, 0 .. steps. */
  readonly i: number;
  readonly previews: Readonly<Partial<Record<ArmName, Preview>>>;
  readonly times: Readonly<Partial<Record<ArmName, ArmTimes>>>;
  readonly pairId: string | null;
  readonly results: readonly Result[];
  readonly wallSeconds: number | null;
  readonly error: ErrorBody | null;
}

/** A job of which nothing is known yet. */
export function newJobView(jobId: string, arms: readonly ArmName[] = []): JobView {
  return {
    jobId,
    state: 'queued',
    seq: 0,
    position: 0,
    arms,
    steps: 0,
    arm: null,
    stage: null,
    i: 0,
    previews: {},
    times: {},
    pairId: null,
    results: [],
    wallSeconds: null,
    error: null,
  };
}

/** The view after one more event. Events that it holds already (a replay that overlaps) change nothing. */
export function applyEvent(view: JobView, event: JobEvent): JobView {
  if (event.seq <= view.seq) return view;
  const next = { ...view, seq: event.seq };
  switch (event.type) {
    case 'queued':
      return { ...next, state: 'queued', position: event.position };
    case 'started':
      return {
        ...next,
        state: 'running',
        position: 0,
        arms: event.arms,
        steps: event.steps,
        arm: event.arms[0] ?? null,
        stage: null,
        i: 0,
        // A job that starts again after a crash starts from its beginning.
        previews: {},
        times: {},
      };
    case 'step':
      return {
        ...next,
        arm: event.arm,
        stage: event.stage,
        i: event.i,
        steps: event.of,
        times: { ...view.times, [event.arm]: later(view.times[event.arm], event.i, event.at) },
      };
    case 'preview': {
      const { i, width, height, rgba } = event;
      return { ...next, previews: { ...view.previews, [event.arm]: { i, width, height, rgba } } };
    }
    case 'done':
      return {
        ...next,
        state: 'done',
        pairId: event.pairId,
        results: event.results,
        wallSeconds: event.wallSeconds,
        // The pictures take their place; a list of old jobs must not hold on to pixels.
        previews: {},
      };
    case 'failed':
      return {
        ...next,
        state: event.error.code === 'interrupted' ? 'interrupted' : 'failed',
        error: event.error,
        pairId: event.pairId ?? null,
      };
    case 'cancelled':
      return { ...next, state: 'cancelled', pairId: event.pairId ?? null };
  }
}

function later(times: ArmTimes | undefined, i: number, at: number): ArmTimes {
  return times ? { ...times, lastI: i, lastAt: at } : { firstI: i, firstAt: at, lastI: i, lastAt: at };
}

/** True while the job waits or runs. */
export function isActive(view: JobView): boolean {
  return view.state === 'queued' || view.state === 'running';
}

/** Milliseconds that a step takes, by arm. */
export type StepCosts = Readonly<Partial<Record<ArmName, number>>>;

/** What this job measured; an arm is left out until two of its steps are known. */
export function measuredCosts(view: JobView): StepCosts {
  const costs: Partial<Record<ArmName, number>> = {};
  for (const arm of view.arms) {
    const times = view.times[arm];
    if (times && times.lastI > times.firstI) {
      costs[arm] = (times.lastAt - times.firstAt) / (times.lastI - times.firstI);
    }
  }
  return costs;
}

/** Milliseconds for `steps` steps of every arm, or null when one of them was never measured. */
export function expectedMs(arms: readonly ArmName[], steps: number, costs: StepCosts): number | null {
  let total = 0;
  for (const arm of arms) {
    const cost = costs[arm];
    if (cost === undefined) return null;
    total += cost * steps;
  }
  return total;
}

/**
 * Milliseconds that are left, from what this job measured and else from what earlier jobs did; null while a needed
 * figure is missing.
 */
export function leftMs(view: JobView, earlier: StepCosts): number | null {
  if (view.state !== 'running' || view.arm === null) return null;
  const costs = { ...earlier, ...measuredCosts(view) };
  const later = view.arms.slice(view.arms.indexOf(view.arm) + 1);
  const own = costs[view.arm];
  const rest = expectedMs(later, view.steps, costs);
  return own === undefined || rest === null ? null : own * (view.steps - view.i) + rest;
}

/** Share of all steps that are done, 0 .. 1, weighted by what a step of each arm costs where that is known. */
export function progressOf(view: JobView, earlier: StepCosts): number {
  if (view.state === 'done') return 1;
  if (view.arm === null || view.steps === 0) return 0;
  const costs = { ...earlier, ...measuredCosts(view) };
  const known = view.arms.every((arm) => costs[arm] !== undefined);
  const weight = (arm: ArmName): number => (known ? (costs[arm] ?? 1) : 1);
  const at = view.arms.indexOf(view.arm);
  let done = 0;
  let all = 0;
  view.arms.forEach((arm, index) => {
    const share = index < at ? 1 : index > at ? 0 : view.i / view.steps;
    done += weight(arm) * share;
    all += weight(arm);
  });
  return all === 0 ? 0 : Math.min(1, done / all);
}
