/** The demonstration's sets: tables over its own jobs and pairs, in memory. */
import { AppError } from '#contract';
import type { CallContext, JobSet, JobSummary, Pair, StudioServices, SubmitSet } from '#contract';

interface DemoSet {
  readonly setId: string;
  readonly createdAt: number;
  readonly asked: SubmitSet;
  readonly jobIds: string[];
}

const LOOK_MS = 60;

/** `jobs` runs the cells; `summaryOf` and `pairOf` look them up. */
export function demoSets(
  jobs: StudioServices['jobs'],
  summaryOf: (jobId: string) => JobSummary,
  pairOf: (pairId: string) => Pair | undefined,
): StudioServices['sets'] {
  const sets = new Map<string, DemoSet>();
  const known = (setId: string): DemoSet => {
    const set = sets.get(setId);
    if (!set) throw new AppError('not_found', 'No set has this id.');
    return set;
  };
  function whole({ setId, createdAt, asked, jobIds }: DemoSet): JobSet {
    const { kind, basePairId, columns, rows } = asked;
    const cells = asked.cells.map(({ column, row }, i) => {
      const { jobId, state, pairId, error } = summaryOf(jobIds[i] ?? '');
      const pair = pairId === null ? undefined : pairOf(pairId);
      return {
        column,
        row,
        jobId,
        state,
        pairId: pair?.pairId ?? null,
        result: pair?.results.at(-1) ?? null,
        error,
      };
    });
    const { prompt = '', packId = '' } = asked.cells[0]?.request ?? {};
    const done = cells.filter(({ result }) => result !== null).length;
    return {
      setId,
      createdAt,
      kind,
      basePairId,
      columns,
      rows,
      prompt,
      packId,
      of: cells.length,
      done,
      cells,
    };
  }
  return {
    async submit(asked, context: CallContext) {
      const jobIds: string[] = [];
      for (const { request } of asked.cells) jobIds.push((await jobs.submit(request, context)).jobId);
      const setId = `set-${sets.size}`;
      sets.set(setId, { setId, createdAt: Date.now(), asked, jobIds });
      return { setId };
    },
    list: ({ limit }) => ({
      items: [...sets.values()]
        .reverse()
        .slice(0, limit)
        .map((set) => {
          const { cells, ...summary } = whole(set);
          return { ...summary, of: cells.length };
        }),
      next: null,
    }),
    async *watch({ setId }, { signal }) {
      let last = '';
      while (!signal.aborted) {
        const set = whole(known(setId));
        const now = JSON.stringify(set);
        if (now !== last) yield set;
        last = now;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    async cancel({ setId }, context) {
      for (const jobId of known(setId).jobIds.toReversed()) await jobs.cancel({ jobId }, context);
      return whole(known(setId));
    },
    async resume({ setId }, context) {
      const set = known(setId);
      for (const [i, { request }] of set.asked.cells.entries()) {
        const { state } = summaryOf(set.jobIds[i] ?? '');
        if (state === 'cancelled' || state === 'failed')
          set.jobIds[i] = (await jobs.submit(request, context)).jobId;
      }
      return whole(set);
    },
  };
}
