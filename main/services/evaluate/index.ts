/** Evaluations: makes the pictures that are missing, keeps one row each, and reports. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError, Arm, DEFAULT_BATCH, GenerateRequest, because } from '#contract';
import type {
  EvaluateEvent,
  EvaluateRequest,
  EvaluationFiles,
  EvaluationReport,
  StudioServices,
} from '#contract';
import type { Turn } from '../jobs/index.ts';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { ResultsFile, ScoredRow } from '../store/index.ts';
import { momentsOf } from './distances.ts';
import { Facts } from './facts.ts';
import { makeRows, planOf } from './make.ts';
import type { MakeOptions } from './make.ts';
import { checkLpips, findLpips, measure, openPairs } from './lpips.ts';
import { batchesOf, openUnits, requestFor, rowKey, sampleRows, wantedRows } from './plan.ts';
import { checkDetails, loadReader } from './reader.ts';
import type { InstalledReader, Seen } from './reader.ts';
import { html } from './report-html.ts';
import { markdown } from './report-markdown.ts';
import { compareArms, distancesOf, scoreArm, shownText, wantedOf } from './score.ts';
import type { Reference, Scored } from './score.ts';
import { sheetOf } from './sheet.ts';

export interface EvaluationOptions extends MakeOptions {
  readonly packs: PacksService;
  /** A turn with the engine: pictures are not made beside a job. */
  readonly turn: (signal: AbortSignal) => Turn;
  readonly openResults: (path: string) => ResultsFile;
  /** Folder of the results files. */
  readonly folder: string;
  /** Of the first domain's reader; those of other domains lie beside it. */
  readonly readerFolder: string;
  /** A graph of LPIPS; absent: it is not measured. */
  readonly lpipsFile?: string | undefined;
  readonly tensors: (bytes: Uint8Array) => ReadonlyMap<string, { readonly data: unknown }>;
  readonly appVersion: string;
}

export { makeLibrary } from './library.ts';
export type { EvaluationEngine, EvaluationPrepared } from './make.ts';

type Progress = EvaluateEvent & { type: 'progress' };

const SHEET_ROWS = 16;
const CHECK_ROWS = 20;
const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** A finished picture with what was asked of it, for a blind study. */
export interface EvaluationPicture {
  readonly prompt: number;
  readonly arm: Arm;
  readonly text: string;
  /** Stressed phrases, and whether the reader sees all that each names; null where it has no word for it. */
  readonly details: { phrase: string; reader: boolean | null }[];
  readonly size: number;
  readonly rgb: Uint8Array;
}

export interface Evaluation {
  readonly service: Pick<StudioServices['evaluation'], 'run' | 'report'>;
  /** The pictures of the first seed in these arms, by prompt, arms in their order. Throws `not_found` without results. */
  readonly pictures: (evaluationId: string, arms: readonly Arm[]) => EvaluationPicture[];
}

export function makeEvaluation(options: EvaluationOptions): Evaluation {
  const { packs } = options;
  const pathOf = (id: string): string => join(options.folder, `${id}.db`);
  const reader = (domain: string | undefined): Promise<InstalledReader> =>
    loadReader(options.readerFolder, domain, options.tensors);

  async function factsFor(
    request: EvaluateRequest,
    pack: InstalledPack,
    read: InstalledReader,
  ): Promise<Facts> {
    const { manifest } = pack;
    const { baselinePackId } = request.settings;
    const baseline = baselinePackId === undefined ? null : await packs.get(baselinePackId);
    return {
      settings: { ...request.settings, ...planOf(pack, request.settings) },
      promptSet: request.promptSet,
      pack: {
        id: manifest.id,
        version: manifest.version,
        ...(manifest.domain === undefined ? {} : { domain: manifest.domain }),
        imagesSeen: manifest.imagesSeen,
        denoiserHash: manifest.parts.denoiser.sha256,
        encoderHash: manifest.parts.encoderWeights.sha256,
        baselineHash: baseline && baseline.manifest.parts.denoiser.sha256,
      },
      readerHash: read.manifest.model.sha256,
    };
  }

  /** Refuses what could only fail after hours, or would score something else than it says. */
  function check(request: EvaluateRequest, read: InstalledReader): void {
    const { prompts } = request.promptSet;
    prompts.forEach((prompt, i) => {
      for (const e of prompt.emphases)
        checkDetails(e.details, read.manifest, `Prompt ${i + 1}, "${e.phrase}"`);
      checkDetails(prompt.others, read.manifest, `Prompt ${i + 1}, others`);
    });
    const bad = request.only?.find((row) => row.prompt >= prompts.length);
    if (bad) throw new AppError('invalid_input', `only: there is no prompt number ${bad.prompt}.`);
    const arms = request.only?.map((row) => row.arm) ?? request.arms;
    if (arms.includes('wrong') && prompts.length < 2) throw because('wrong_needs_two', {});
    const trial = v.safeParse(
      GenerateRequest,
      requestFor(request.settings, prompts, { prompt: 0, seed: 0, arms: [...new Set(arms)] }),
    );
    if (!trial.success) throw new AppError('invalid_input', trial.issues[0].message);
  }

  function keepFacts(file: ResultsFile, facts: Facts): void {
    // Parsed for the order of its keys.
    const text = JSON.stringify(v.parse(Facts, facts));
    const before = file.fact('facts');
    if (before === null) file.setFact('facts', text);
    else if (before !== text) {
      const old = v.parse(v.pipe(v.string(), v.parseJson(), Facts), before);
      const what = (Object.keys(facts) as (keyof Facts)[]).filter(
        (key) => JSON.stringify(old[key]) !== JSON.stringify(facts[key]),
      );
      throw because('results_differ', { what: what.join(', ') });
    }
  }

  function open(evaluationId: string): ResultsFile {
    if (!existsSync(pathOf(evaluationId))) throw because('results_unknown', { evaluation: evaluationId });
    return options.openResults(pathOf(evaluationId));
  }

  async function reportOn(evaluationId: string, file: ResultsFile): Promise<EvaluationFiles> {
    const text = file.fact('facts');
    if (text === null) throw because('results_empty', { evaluation: evaluationId });
    const facts = v.parse(v.pipe(v.string(), v.parseJson(), Facts), text);
    const read = await reader(facts.pack.domain);
    if (read.manifest.model.sha256 !== facts.readerHash) throw because('results_other_reader', {});
    const rows = file.rows();
    const scored = rows.map(toScored);
    const { prompts } = facts.promptSet;
    const references = await read.references(facts.promptSet.name);
    const reference: Reference | null = references && {
      features: references.features,
      moments: momentsOf(references.features),
    };
    const lpips = file.fact('lpips');
    const distances = distancesOf(lpips === null ? [] : file.distances(lpips));
    const order = JSON.parse(file.fact('arms') ?? '[]') as Arm[];
    const arms = [...new Set([...order, ...scored.map((r) => r.arm)])].filter((arm) =>
      scored.some((r) => r.arm === arm),
    );
    const present = new Set(scored.map((r) => r.prompt));
    const report: EvaluationReport = {
      format: 'accent-evaluation',
      schema: 1,
      evaluationId,
      appVersion: options.appVersion,
      complete: file.fact('complete') === 'true',
      prompts: {
        name: facts.promptSet.name,
        hash: sha256(JSON.stringify(facts.promptSet)),
        total: prompts.length,
        count: present.size,
        details: [...present].reduce((s, i) => s + Object.keys(wantedOf(prompts[i] ?? none)).length, 0),
        seeds: new Set(scored.map((r) => r.seed)).size,
      },
      settings: facts.settings,
      pack: {
        id: facts.pack.id,
        version: facts.pack.version,
        imagesSeen: facts.pack.imagesSeen,
        denoiserHash: facts.pack.denoiserHash,
        encoderHash: facts.pack.encoderHash,
      },
      reader: {
        id: read.manifest.id,
        version: read.manifest.version,
        threshold: read.manifest.threshold,
        modelHash: facts.readerHash,
        accuracy: read.manifest.accuracy,
      },
      features: references && {
        ...read.manifest.features,
        split: facts.promptSet.name,
        images: references.images,
        hash: references.hash,
      },
      lpips: lpips === null ? null : { hash: lpips, size: rows[0]?.size ?? 0 },
      arms: arms.map((arm) =>
        scoreArm(
          arm,
          scored.filter((r) => r.arm === arm),
          prompts,
          reference,
          distances,
        ),
      ),
      paired: arms.includes('refined')
        ? arms
            .filter((arm) => arm !== 'refined')
            .map((arm) => compareArms('refined', arm, scored, prompts, distances))
        : [],
      backends: backendsOf(rows),
      rows: sampleRows(
        rows.map((r) => ({ ...r, arm: v.parse(Arm, r.arm) })),
        CHECK_ROWS,
      ).map((r) => ({
        prompt: r.prompt,
        seed: r.seed,
        arm: r.arm,
        pixelsHash: r.pixels_hash,
        shown: shownText(prompts[r.prompt] ?? none, JSON.parse(r.seen) as Seen),
      })),
    };
    const shown = [...present].sort((a, b) => a - b).slice(0, SHEET_ROWS);
    const seed = Math.min(...scored.map((r) => r.seed));
    const sheet = await sheetOf(shown.map((i) => arms.map((arm) => file.pixels(i, seed, arm))));
    return { report, markdown: markdown(report), html: html(report, sheet), sheet };
  }

  function pictures(evaluationId: string, arms: readonly Arm[]): EvaluationPicture[] {
    const file = open(evaluationId);
    try {
      const { promptSet } = v.parse(v.pipe(v.string(), v.parseJson(), Facts), file.fact('facts') ?? '');
      const rows = file.rows().filter((r) => r.seed === 0);
      return [...new Set(rows.map((r) => r.prompt))].flatMap((i) =>
        arms.flatMap((arm): EvaluationPicture[] => {
          const row = rows.find((r) => r.prompt === i && r.arm === arm);
          const pixels = file.pixels(i, 0, arm);
          const prompt = promptSet.prompts[i];
          if (!row || !pixels || !prompt) return [];
          const seen = JSON.parse(row.seen) as Seen;
          const details = prompt.emphases.map(({ phrase, details: named }) => {
            const wanted = Object.entries(named);
            const reader =
              wanted.length === 0 ? null : wanted.every(([group, value]) => seen[group] === value);
            return { phrase, reader };
          });
          return [{ prompt: i, arm, text: prompt.text, details, ...pixels }];
        }),
      );
    } finally {
      file.close();
    }
  }

  /** One turn for a part of the work, so that a job waits for a few pictures and not for all of them; says so while it waits. */
  async function* inTurn(
    progress: () => Progress,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): AsyncGenerator<Progress> {
    signal.throwIfAborted();
    const mine = options.turn(signal);
    try {
      if (mine.waits) yield { ...progress(), waits: true };
      await mine.come;
      if (mine.waits) yield progress();
      await work();
    } finally {
      mine.end();
    }
  }

  return {
    pictures,
    service: {
      async *run(request, { signal }) {
        const pack = await packs.get(request.settings.packId);
        const read = await reader(pack.manifest.domain);
        check(request, read);
        const facts = await factsFor(request, pack, read);
        // Single rows are made to be compared with older ones, not to be measured.
        const wantsLpips = options.lpipsFile !== undefined && !request.only;
        const lpips = wantsLpips ? await findLpips(options.lpipsFile) : null;
        if (lpips) await checkLpips(options.engine, lpips, pack.manifest.image.size, signal);
        const file = options.openResults(pathOf(request.evaluationId));
        try {
          keepFacts(file, facts);
          file.setFact('arms', JSON.stringify(request.arms));
          file.setFact('seeds', JSON.stringify(request.seeds));
          const wanted = wantedRows(request);
          const before = new Set(file.keys().map(rowKey));
          const units = openUnits(wanted, before);
          const of = wanted.length;
          let done = of - units.reduce((s, u) => s + u.arms.length, 0);
          const start = done;
          const began = performance.now();
          if (units.length > 0) file.setFact('complete', 'false');
          let secondsLeft: number | null = null;
          const progress = () => ({ type: 'progress', done, of, secondsLeft }) as const;
          yield progress();
          for (const batch of batchesOf(units, request.batch ?? DEFAULT_BATCH)) {
            yield* inTurn(progress, signal, async () => {
              file.add(await makeRows(options, batch, facts, pack, read, signal));
            });
            done += batch.length;
            secondsLeft = ((performance.now() - began) / 1000 / (done - start)) * (of - done);
            yield progress();
          }
          file.setFact('complete', 'true');
          if (lpips) {
            file.setFact('lpips', lpips.sha256);
            const parts = openPairs(file, lpips);
            const measuring = performance.now();
            for (const [i, pairs] of parts.entries()) {
              yield* inTurn(progress, signal, () => measure(options.engine, lpips, file, pairs, signal));
              secondsLeft = ((performance.now() - measuring) / 1000 / (i + 1)) * (parts.length - i - 1);
              yield progress();
            }
          }
          yield { type: 'done', rows: of };
        } finally {
          file.close();
        }
      },
      async report({ evaluationId }) {
        const file = open(evaluationId);
        try {
          return await reportOn(evaluationId, file);
        } finally {
          file.close();
        }
      },
    },
  };
}

const none = { text: '', emphases: [], others: {} };

const toScored = (row: ScoredRow): Scored => ({
  prompt: row.prompt,
  seed: row.seed,
  arm: v.parse(Arm, row.arm),
  seen: JSON.parse(row.seen) as Seen,
  // Copied: a database's buffer need not lie at a multiple of four bytes.
  features: new Float32Array(Uint8Array.from(row.features).buffer),
  encoder: row.encoder,
  seconds: row.seconds,
  denoiserCalls: row.denoiser_calls,
  vjpCalls: row.vjp_calls,
  unrefined: row.unrefined,
});

/** Port -> what ran it, several where a run went on elsewhere. */
function backendsOf(rows: readonly ScoredRow[]): Record<string, string> {
  const out: Record<string, Set<string>> = {};
  for (const text of new Set(rows.map((r) => r.backends)))
    for (const [port, use] of Object.entries(
      JSON.parse(text) as Record<string, { name: string; detail: string }>,
    ))
      (out[port] ??= new Set()).add(`${use.name} (${use.detail})`);
  return Object.fromEntries(Object.entries(out).map(([port, uses]) => [port, [...uses].join(' and ')]));
}
