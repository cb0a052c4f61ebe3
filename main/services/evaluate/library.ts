/** The evaluations that are here, and the host's own run of one of them, which needs nobody to watch it. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { Arm, EvaluateRequest, EvaluationRef, PromptSet, because, errorBody } from '#contract';
import type {
  EvaluationList,
  EvaluationState,
  EvaluationSummary,
  PromptSets,
  StartEvaluation,
  StudioServices,
} from '#contract';
import { makeBell } from '../../bell.ts';
import { domainFolder } from '../../files.ts';
import type { ResultsFile } from '../store/index.ts';
import { Facts } from './facts.ts';
import { wantedRows } from './plan.ts';
import { wantedOf } from './score.ts';

export interface LibraryOptions {
  readonly folder: string;
  /** Folder of the first domain's sets of prompts; those of other domains lie beside it. */
  readonly promptsFolder: string;
  /** The domain that a pack draws; absent: `first`. Throws `not_found`. */
  readonly domainOf: (packId: string) => Promise<string | undefined>;
  readonly openResults: (path: string) => ResultsFile;
  readonly run: StudioServices['evaluation']['run'];
  /** Work that `close` waits for. */
  readonly follow: (work: () => Promise<void>) => Promise<void>;
}

type Own = Pick<StudioServices['evaluation'], 'list' | 'promptSets' | 'start' | 'resume' | 'stop' | 'watch'>;

interface Run {
  state: EvaluationState;
  readonly abort: AbortController;
  readonly watchers: Set<() => void>;
  ended: Promise<void>;
}

const Arms = v.pipe(v.string(), v.parseJson(), v.array(Arm));

export function makeLibrary(options: LibraryOptions): { service: Own; close: () => void } {
  const { folder } = options;
  const runs = new Map<string, Run>();
  const pathOf = (id: string): string => join(folder, `${id}.db`);

  /** The request by which a results file is filled. Throws `not_found` where there is none. */
  async function asked(
    evaluationId: string,
  ): Promise<{ request: EvaluateRequest; done: number; at: number }> {
    const path = pathOf(evaluationId);
    const times = await Promise.all(
      [path, `${path}-wal`].map((p) =>
        stat(p).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      ),
    );
    if (times[0] === 0) throw because('evaluation_unknown', { evaluation: evaluationId });
    const file = options.openResults(path);
    try {
      const text = file.fact('facts');
      if (text === null) throw because('evaluation_empty', { evaluation: evaluationId });
      const { settings, promptSet } = v.parse(v.pipe(v.string(), v.parseJson(), Facts), text);
      const arms = v.parse(Arms, file.fact('arms') ?? '[]');
      const keys = file.keys();
      // Files of before this fact was kept have as many seeds as their rows.
      const seeds = Number(file.fact('seeds') ?? Math.max(0, ...keys.map((k) => k.seed)) + 1);
      const request = v.parse(EvaluateRequest, { evaluationId, settings, promptSet, arms, seeds });
      const there = new Set(keys.map((k) => `${k.prompt} ${k.seed} ${k.arm}`));
      const done = wantedRows(request).filter((r) => there.has(`${r.prompt} ${r.seed} ${r.arm}`)).length;
      return { request, done, at: Math.round(Math.max(...times)) };
    } finally {
      file.close();
    }
  }

  async function summary(evaluationId: string): Promise<EvaluationSummary> {
    const { request, done, at } = await asked(evaluationId);
    const { settings, promptSet, arms, seeds } = request;
    return {
      evaluationId,
      packId: settings.packId,
      promptSet: promptSet.name,
      prompts: promptSet.prompts.length,
      arms,
      seeds,
      done,
      of: promptSet.prompts.length * arms.length * seeds,
      changedAt: at,
      run: runs.get(evaluationId)?.state ?? null,
    };
  }

  async function list(): Promise<EvaluationList> {
    const names = await readdir(folder).catch(() => [] as string[]);
    const out: EvaluationList = { evaluations: [], refused: [] };
    for (const name of names.filter((n) => n.endsWith('.db'))) {
      const evaluationId = basename(name, '.db');
      if (!v.is(EvaluationRef.entries.evaluationId, evaluationId)) continue;
      try {
        out.evaluations.push(await summary(evaluationId));
      } catch (error) {
        out.refused.push({ evaluationId, error: errorBody(error) });
      }
    }
    out.evaluations.sort((a, b) => b.changedAt - a.changedAt);
    return out;
  }

  const promptsOf = async (packId: string): Promise<string> =>
    domainFolder(options.promptsFolder, await options.domainOf(packId));

  async function shipped(promptsFolder: string, name: string): Promise<PromptSet> {
    const text = await readFile(join(promptsFolder, `${name}.json`), 'utf8').catch(() => null);
    if (text === null) throw because('prompt_set_unknown', { name });
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PromptSet), text);
    if (parsed.success) return parsed.output;
    throw because('prompt_set_damaged', { name, why: parsed.issues[0].message });
  }

  async function promptSets({ packId }: { packId: string }): Promise<PromptSets> {
    const promptsFolder = await promptsOf(packId);
    const names = await readdir(promptsFolder).catch(() => [] as string[]);
    const sets: PromptSets['sets'] = [];
    for (const file of names.filter((n) => n.endsWith('.json')).sort()) {
      // A damaged one is not offered; naming it says why.
      const set = await shipped(promptsFolder, basename(file, '.json')).catch(() => null);
      if (set)
        sets.push({
          name: set.name,
          prompts: set.prompts.length,
          details: set.prompts.reduce((sum, p) => sum + Object.keys(wantedOf(p)).length, 0),
        });
    }
    return { sets };
  }

  async function requested({ prompts, ...rest }: StartEvaluation): Promise<EvaluateRequest> {
    if ('prompts' in prompts) return { ...rest, promptSet: prompts };
    const set = await shipped(await promptsOf(rest.settings.packId), prompts.name);
    return { ...rest, promptSet: { ...set, prompts: set.prompts.slice(0, prompts.count) } };
  }

  /** Resolves when the run has made its first step, so that what is asked wrongly is refused at once. */
  async function begin(request: EvaluateRequest): Promise<void> {
    const { evaluationId } = request;
    const other = [...runs].find(([, run]) => run.state.type === 'progress');
    if (other) throw because('evaluation_running', { evaluation: other[0] });
    const run: Run = {
      state: { type: 'progress', done: 0, of: 0, secondsLeft: null },
      abort: new AbortController(),
      watchers: new Set(),
      ended: Promise.resolve(),
    };
    const before = runs.get(evaluationId);
    runs.set(evaluationId, run);
    const tell = (state: EvaluationState): void => {
      run.state = state;
      for (const ring of run.watchers) ring();
    };
    const { signal } = run.abort;
    const events = options.run(request, { signal })[Symbol.asyncIterator]();
    try {
      const first = await events.next();
      if (!first.done) tell(first.value);
    } catch (error) {
      if (before) runs.set(evaluationId, before);
      else runs.delete(evaluationId);
      throw error;
    }
    run.ended = options.follow(async () => {
      try {
        for (let next = await events.next(); !next.done; next = await events.next()) tell(next.value);
        if (run.state.type === 'progress') tell({ type: 'stopped' });
      } catch (error) {
        tell(signal.aborted ? { type: 'stopped' } : { type: 'failed', error: errorBody(error) });
      }
    });
  }

  return {
    service: {
      list,
      promptSets,
      async start(input) {
        await begin(await requested(input));
        return summary(input.evaluationId);
      },
      async resume({ evaluationId }) {
        await begin((await asked(evaluationId)).request);
        return summary(evaluationId);
      },
      async stop({ evaluationId }) {
        const run = runs.get(evaluationId);
        run?.abort.abort();
        await run?.ended;
        return summary(evaluationId);
      },
      async *watch({ evaluationId }, { signal }) {
        const run = runs.get(evaluationId);
        if (!run) throw because('evaluation_idle', { evaluation: evaluationId });
        const news = makeBell();
        run.watchers.add(news.ring);
        try {
          let last: EvaluationState | undefined;
          for (; !signal.aborted; await news.rung(signal)) {
            if (run.state === last) continue;
            last = run.state;
            yield last;
            if (last.type !== 'progress') return;
          }
        } finally {
          run.watchers.delete(news.ring);
        }
      },
    },
    close() {
      for (const { abort } of runs.values()) abort.abort();
    },
  };
}
