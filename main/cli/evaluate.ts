/** `evaluate`: arms x prompts x seeds on a pack, scored, with the report as files. A killed run goes on where it stopped. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { AppError, EvaluateRequest, PromptSet, errorBody, misfit, ofDomain, parseManifest } from '#contract';
import type { EvaluationReport, EvaluationSettings } from '#contract';
import { makeConfig } from '../config.ts';
import { createHost } from '../host.ts';
import type { Host } from '../host.ts';
import { forkSpawn } from '../link/index.ts';
import type { Output } from './output.ts';
import { appVersion, choosePack, importRoot } from './studio.ts';
import { parseSweep, sweepScales } from './sweep.ts';

export interface EvaluateFlags {
  readonly pack?: string;
  readonly baseline?: string;
  readonly prompts?: string;
  readonly split?: string;
  readonly count?: string;
  readonly arms?: string;
  readonly seeds?: string;
  readonly steps?: string;
  readonly guidance?: string;
  readonly rebuild?: string;
  readonly sampler?: string;
  readonly window?: string;
  readonly references?: string;
  readonly source?: string;
  readonly scale?: string[];
  readonly sweep?: string;
  readonly refs?: string;
  readonly out?: string;
  readonly quick?: boolean;
  readonly check?: string;
  readonly batch?: string;
  readonly lpips?: string;
}

const QUICK = { split: 'validation', count: '60', steps: '20', arms: 'coarse,coarse2,wrong,refined' };
const COMMITTED = fileURLToPath(new URL('../../docs/evaluation.json', import.meta.url));

const number = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value))
    throw new AppError('invalid_input', `--${name}: expected a number, got "${text}".`);
  return value;
};

/** A pack named by its folder (with a slash) or by its id: the id, and the folder, where it comes before all others of that id. */
async function packOf(text: string | undefined): Promise<{ id: string | undefined; folders: string[] }> {
  if (text === undefined || !/[/\\]/.test(text)) return { id: text, folders: [] };
  const folder = resolve(text);
  try {
    return { id: parseManifest(await readFile(join(folder, 'manifest.json'), 'utf8')).id, folders: [folder] };
  } catch (cause) {
    throw new AppError('invalid_input', `There is no pack in "${text}": ${errorBody(cause).message}`, {
      cause,
    });
  }
}

/** A file of prompts: by path, or by the name of a split that ships beside the packs for a pack's domain. */
async function promptsOf(
  flags: EvaluateFlags,
  models: string,
  domain: string | undefined,
): Promise<PromptSet> {
  if (flags.prompts !== undefined && flags.split !== undefined)
    throw new AppError('invalid_input', 'Expected --prompts or --split, not both.');
  const path =
    flags.prompts ??
    join(models, 'evaluation', ofDomain('prompts', domain), `${basename(flags.split ?? 'validation')}.json`);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid_input', `There is no file of prompts "${path}".`, { cause });
  });
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), PromptSet), text);
  if (!parsed.success) throw new AppError('invalid_input', `${path}: ${misfit(parsed.issues)}`);
  const count = number('count', flags.count) ?? parsed.output.prompts.length;
  return { ...parsed.output, prompts: parsed.output.prompts.slice(0, count) };
}

const camel = (arm: string): string => arm.replaceAll(/-(\w)/g, (_, c: string) => c.toUpperCase());
const rounded = (x: number | null | undefined, digits = 2): number | null =>
  x === null || x === undefined ? null : Math.round(x * 10 ** digits) / 10 ** digits;

/** The report as docs/evaluation.json has it: arms by key, shares in per cent. */
export function summaryOf(report: EvaluationReport) {
  return {
    ...report,
    arms: Object.fromEntries(
      report.arms.map((a) => [
        camel(a.arm),
        {
          detail: rounded(a.detail?.value),
          detailLow: rounded(a.detail?.low),
          detailHigh: rounded(a.detail?.high),
          allRight: rounded(a.allRight?.value),
          fd: rounded(a.fd),
          kid: rounded(a.kid),
          seconds: rounded(a.seconds),
          pictures: a.pictures,
          kept: rounded(a.kept?.value),
          encoder: rounded(a.encoder, 4),
          diversity: rounded(a.diversity, 4),
          lpips: rounded(a.lpips?.value, 4),
          lpipsLow: rounded(a.lpips?.low, 4),
          lpipsHigh: rounded(a.lpips?.high, 4),
          denoiserCalls: rounded(a.denoiserCalls),
          vjpCalls: rounded(a.vjpCalls),
          unrefinedSteps: a.unrefinedSteps,
        },
      ]),
    ),
  };
}

/** Follows a run to its end with a bar and the time that is left. */
async function follow(
  host: Host,
  request: EvaluateRequest,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of host.services.evaluation.run(request, { signal })) {
    if (event.type !== 'progress') continue;
    const left = event.secondsLeft;
    output.progress(
      left === null ? request.evaluationId : `${request.evaluationId}, ${Math.ceil(left / 60)} min left`,
      event.done,
      event.of,
    );
  }
}

const Committed = v.object({
  pack: v.object({ denoiserHash: v.string(), version: v.string() }),
  prompts: v.object({ name: v.string(), hash: v.string(), total: v.number() }),
  settings: EvaluateRequest.entries.settings,
  rows: v.array(
    v.object({
      ...v.object({ prompt: v.number(), seed: v.number(), pixelsHash: v.string(), shown: v.string() })
        .entries,
      arm: EvaluateRequest.entries.arms.pipe[0].item,
    }),
  ),
});

/** Makes the rows of older results again and says how many agree; says why where they cannot be compared. */
async function compare(
  host: Host,
  path: string,
  report: EvaluationReport,
  models: string,
  domain: string | undefined,
  batch: number | undefined,
  output: Output,
  signal: AbortSignal,
): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return `Not compared with older results: there is no file ${basename(path)}.`;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Committed), text);
  if (!parsed.success || parsed.output.rows.length === 0)
    return `Not compared with older results: ${basename(path)} holds no rows to make again.`;
  const old = parsed.output;
  const of = ({ pack: p }: { pack: { version: string; denoiserHash: string } }): string =>
    `pack ${p.version} (denoiser ${p.denoiserHash.slice(0, 12)})`;
  if (of(old) !== of(report))
    return `Not compared with older results: they are of ${of(old)}, this is ${of(report)}.`;
  const split = { split: old.prompts.name, count: String(old.prompts.total) };
  const promptSet = await promptsOf(split, models, domain);
  const evaluationId = `check-${old.prompts.hash.slice(0, 8)}-${old.pack.denoiserHash.slice(0, 8)}`;
  const request = v.parse(EvaluateRequest, {
    evaluationId,
    settings: old.settings,
    promptSet,
    arms: [...new Set(old.rows.map((r) => r.arm))],
    only: old.rows.map(({ prompt, seed, arm }) => ({ prompt, seed, arm })),
    batch,
  });
  await follow(host, request, output, signal);
  const again = (await host.services.evaluation.report({ evaluationId }, { signal })).report;
  if (again.prompts.hash !== old.prompts.hash)
    return `Not compared with older results: the prompts of "${old.prompts.name}" have changed since.`;
  const found = new Map(again.rows.map((r) => [`${r.prompt} ${r.seed} ${r.arm}`, r]));
  const same = (by: 'shown' | 'pixelsHash'): number =>
    old.rows.filter((r) => found.get(`${r.prompt} ${r.seed} ${r.arm}`)?.[by] === r[by]).length;
  return `Of ${old.rows.length} rows of ${basename(path)} made again, ${same('shown')} show the same details and ${same('pixelsHash')} have the same pixels (other processors, backends and batches change the last bits).`;
}

/** Runs to the end and writes report.md, report.html, sheet.png and evaluation.json. */
export async function evaluate(input: EvaluateFlags, output: Output, signal: AbortSignal): Promise<void> {
  const flags = input.quick === true ? { ...QUICK, ...input } : input;
  const out = resolve(flags.out ?? 'evaluation');
  const [pack, baseline] = [await packOf(flags.pack), await packOf(flags.baseline)];
  const lpips = flags.lpips === undefined ? undefined : resolve(flags.lpips);
  const config = makeConfig({ home: join(out, 'studio'), lpips });
  const models = dirname(config.sampleFolder);
  const scales = Object.fromEntries(
    (flags.scale ?? []).map((text) => {
      const [arm = '', value] = text.split('=');
      return [arm, number('scale', value)];
    }),
  );
  const sweep = flags.sweep === undefined ? null : parseSweep(flags.sweep);
  await mkdir(out, { recursive: true });
  const host = createHost(
    { ...config, packFolders: [...pack.folders, ...baseline.folders, ...config.packFolders] },
    { spawn: forkSpawn(), appVersion },
  );
  try {
    const { packId, domain } = await choosePack(host.services, pack.id, signal);
    const promptSet = await promptsOf(flags, models, domain);
    const settings = {
      packId,
      baselinePackId: baseline.id,
      source: flags.source,
      steps: number('steps', flags.steps),
      guidance: number('guidance', flags.guidance),
      rebuild: flags.rebuild,
      sampler: flags.sampler,
      window: flags.window?.split(',').map(Number),
      referencesPerEmphasis: number('references', flags.references),
      rivalScales: scales,
    };
    const checked = v.safeParse(EvaluateRequest, {
      evaluationId: 'results',
      // Absent, not undefined: the schema then fills in what has a default.
      settings: Object.fromEntries(
        Object.entries(settings).filter(([, value]) => value !== undefined),
      ) as unknown as EvaluationSettings,
      promptSet,
      arms: (flags.arms ?? 'sentence,coarse,coarse2,wrong,refined').split(','),
      seeds: number('seeds', flags.seeds),
      batch: number('batch', flags.batch),
    });
    if (!checked.success) throw new AppError('invalid_input', misfit(checked.issues, 'evaluate'));
    if (lpips !== undefined && checked.output.seeds < 2)
      throw new AppError('invalid_input', '--lpips measures between seeds: expected --seeds 2 or more.');
    // References come from one named folder, never from the user's own catalog: a score must be the same again.
    const root =
      flags.refs === undefined ? await host.sampleRoot(domain) : await host.registerRoot(flags.refs);
    if (!root) throw new AppError('not_found', 'The sample images are missing. Name a folder with --refs.');
    await importRoot(host, root, packId, output, signal);
    if (sweep) {
      const run = async (request: EvaluateRequest): Promise<EvaluationReport> => {
        await follow(host, request, output, signal);
        const { evaluationId } = request;
        return (await host.services.evaluation.report({ evaluationId }, { signal })).report;
      };
      await sweepScales(sweep, checked.output, run, out, output);
      return;
    }
    await follow(host, checked.output, output, signal);
    const files = await host.services.evaluation.report({ evaluationId: 'results' }, { signal });
    const summary = summaryOf(files.report);
    const check =
      flags.quick === true || flags.check !== undefined
        ? await compare(
            host,
            flags.check ?? COMMITTED,
            files.report,
            models,
            domain,
            checked.output.batch,
            output,
            signal,
          )
        : null;
    await writeFile(join(out, 'report.md'), files.markdown);
    await writeFile(join(out, 'report.html'), files.html);
    await writeFile(join(out, 'sheet.png'), files.sheet);
    await writeFile(join(out, 'evaluation.json'), `${JSON.stringify(summary, null, 1)}\n`);
    output.result(check === null ? summary : { ...summary, check });
    output.line(files.markdown);
    if (check !== null) output.line(check);
    for (const file of ['report.html', 'report.md', 'sheet.png', 'evaluation.json'])
      output.line(join(out, file));
  } finally {
    await host.close();
  }
}
