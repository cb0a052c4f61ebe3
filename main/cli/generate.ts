/** `generate`: from the words of a command line, or from a picture's recipe, to PNG files. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError, GenerateRequest, errorOf, frozen, misfit, requestOf, runsWithout } from '#contract';
import type { Arm, CatalogImage, GenerateRequestInput, Result } from '#contract';
import { parseEmphasis, parsePhraseOption, recipeOf } from '../host.ts';
import type { Host } from '../host.ts';
import type { Output } from './output.ts';
import { choosePack, ensureReferences, reportLines } from './studio.ts';
import { checkTexts } from './text-warnings.ts';

export interface GenerateFlags {
  readonly emphasize?: string[];
  readonly refs?: string;
  readonly source?: string;
  readonly pin?: string[];
  readonly ban?: string[];
  readonly references?: string;
  readonly anyway?: boolean;
  readonly compare?: boolean;
  readonly arm?: string[];
  readonly seed?: string;
  readonly steps?: string;
  readonly guidance?: string;
  readonly pack?: string;
  readonly rebuild?: string;
  readonly sampler?: string;
  readonly 'no-upscale'?: boolean;
  readonly out?: string;
  readonly from?: string;
}

const number = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value))
    throw new AppError('invalid_input', `--${name}: expected a number, got "${text}".`);
  return value;
};

/** Full content hash of an image named by hash or by its first digits (8 or more). */
async function resolveImage(host: Host, id: string, signal: AbortSignal): Promise<CatalogImage> {
  if (!/^[0-9a-f]{8,64}$/.test(id))
    throw new AppError(
      'invalid_input',
      `"${id}" names no image. Expected a content hash or its first 8 or more digits, as search prints them.`,
    );
  let after: string | undefined;
  do {
    const page = await host.services.catalog.images(
      { limit: 500, ...(after === undefined ? {} : { after }) },
      { signal },
    );
    const found = page.items.find((i) => i.contentHash.startsWith(id));
    if (found) return found;
    after = page.next ?? undefined;
  } while (after !== undefined);
  throw new AppError('not_found', `No image of the catalog has the hash ${id}.`);
}

async function buildRequest(
  host: Host,
  prompt: string | undefined,
  flags: GenerateFlags,
  output: Output,
  signal: AbortSignal,
): Promise<GenerateRequestInput> {
  if (flags.from !== undefined) {
    const request = requestOf(recipeOf(await readFile(flags.from)));
    const pack = await choosePack(host.services, request.packId, signal);
    await ensureReferences(host, flags.refs, pack, output, signal);
    return request;
  }
  if (prompt === undefined)
    throw new AppError(
      'invalid_input',
      'generate: expected a sentence, e.g. generate "a robot with a radar dish".',
    );
  const pack = await choosePack(host.services, flags.pack, signal);
  const report = await ensureReferences(host, flags.refs, pack, output, signal);
  if (report) for (const line of reportLines(report)) output.note(line);
  const parsed = parseEmphasis(prompt);
  const marked = [
    ...parsed.phrases.map((p) => ({ ...p })),
    ...(flags.emphasize ?? []).map(parsePhraseOption),
  ];
  const pins = await Promise.all((flags.pin ?? []).map((id) => resolveImage(host, id, signal)));
  const bans = await Promise.all((flags.ban ?? []).map((id) => resolveImage(host, id, signal)));
  const k = number('references', flags.references) ?? 8;
  const emphases = [];
  for (const [i, { phrase, weight }] of marked.entries()) {
    const begin = parsed.prompt.toLowerCase().indexOf(phrase.toLowerCase());
    const banned = bans.map((b) => b.contentHash);
    const found = await host.services.catalog.references(
      { phrase, k, pins: pins.map((p) => p.contentHash), bans: banned, packId: pack.packId },
      { signal },
    );
    const muted = runsWithout(found, { pins: pins.length, anyway: flags.anyway ?? false });
    if (muted)
      output.note(
        `"${phrase}" runs without effect: no image of the catalog shows it well enough. Pin one with --pin, or use what was found all the same with --anyway.`,
      );
    emphases.push({
      id: `e${String(i + 1)}`,
      phrase,
      weight,
      muted,
      bans: banned,
      references: frozen(found.references),
      ...(begin >= 0 ? { span: [begin, begin + phrase.length] as [number, number] } : {}),
    });
  }
  const arms = flags.compare ? ['coarse', 'refined', ...(flags.arm ?? [])] : (flags.arm ?? ['refined']);
  return {
    prompt: parsed.prompt,
    emphases,
    source: (flags.source ?? 'prior') as 'prior',
    arms: [...new Set(arms)] as Arm[],
    packId: pack.packId,
    seed: number('seed', flags.seed) ?? Math.floor(Math.random() * 2 ** 32),
    steps: number('steps', flags.steps),
    guidance: number('guidance', flags.guidance),
    rebuild: flags.rebuild as 'mean-shift' | undefined,
    sampler: flags.sampler as 'ddim' | undefined,
    referencesPerEmphasis: k,
    upscale: !(flags['no-upscale'] ?? false),
  };
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40) || 'picture';

/** Runs one job to its end and writes its files; throws what the job failed with. */
export async function generate(
  host: Host,
  prompt: string | undefined,
  flags: GenerateFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const input = await buildRequest(host, prompt, flags, output, signal);
  const checked = v.safeParse(GenerateRequest, input);
  if (!checked.success) throw new AppError('invalid_input', misfit(checked.issues, 'request'));
  const request = checked.output;
  const phrases = request.emphases.map((e) => e.phrase);
  for (const line of await checkTexts(host.services, request.packId, request.prompt, phrases, signal))
    output.note(line);
  const out = flags.out ?? '.';
  await mkdir(out, { recursive: true });
  for await (const { paused, waiting } of host.services.jobs.queue({}, { signal })) {
    if (!paused) break;
    throw new AppError(
      'conflict',
      `The queue is paused, with ${waiting.length} waiting. Let it go on in the studio's queue, then run this again.`,
    );
  }
  const { jobId } = await host.services.jobs.submit(request, { signal });
  const cancel = (): void => {
    void host.services.jobs.cancel({ jobId }, { signal: new AbortController().signal });
  };
  signal.addEventListener('abort', cancel);
  let results: Result[] = [];
  let seconds = 0;
  for await (const event of host.services.jobs.watch(
    { jobId, after: 0 },
    { signal: new AbortController().signal },
  )) {
    if (event.type === 'step') output.progress(event.arm, event.i, event.of);
    else if (event.type === 'failed') throw errorOf(event.error);
    else if (event.type === 'cancelled') throw new AppError('cancelled', 'Cancelled. Nothing was written.');
    else if (event.type === 'done') {
      results = event.results;
      seconds = event.wallSeconds;
    }
  }
  signal.removeEventListener('abort', cancel);
  const files = [];
  for (const r of results) {
    const bytes = (await host.asset(r.imageId))?.bytes;
    if (!bytes) throw new AppError('io_error', 'A finished picture could not be read back from the gallery.');
    const name = `${slug(request.prompt)}-${String(request.seed)}-${r.arm}${results.some((o) => o.arm === r.arm && o.width < r.width) ? `-${String(r.width)}` : ''}.png`;
    await writeFile(join(out, name), bytes);
    files.push({
      file: join(out, name),
      arm: r.arm,
      width: r.width,
      height: r.height,
      contentHash: r.contentHash,
    });
  }
  const first = results[0];
  const recipe = first
    ? await host.services.gallery.recipe({ imageId: first.imageId }, { signal: new AbortController().signal })
    : null;
  const emphases = await Promise.all(
    (recipe?.emphases ?? []).map(async (e) => ({
      phrase: e.phrase,
      weight: e.weight,
      muted: e.muted,
      references: await Promise.all(
        e.references.map(async (r) => ({
          ...r,
          name: (await resolveImage(host, r.contentHash, new AbortController().signal)).name,
        })),
      ),
    })),
  );
  output.result({
    prompt: request.prompt,
    seed: request.seed,
    seconds,
    files,
    emphases,
    backends: recipe?.backends ?? {},
  });
  for (const e of emphases) {
    output.line(
      e.muted
        ? `"${e.phrase}" ran without effect; nearest were:`
        : `"${e.phrase}" (weight ${String(e.weight)}) learned from:`,
    );
    for (const r of e.references)
      output.line(
        `  ${r.contentHash.slice(0, 8)}  ${r.name}  score ${(r.score ?? 0).toFixed(3)}${r.pinned ? '  pinned' : ''}`,
      );
  }
  for (const f of files) output.line(f.file);
  output.line(`seed ${String(request.seed)}, ${seconds.toFixed(1)} s`);
}
