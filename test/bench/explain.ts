/**
 * npm exec -c 'node test/bench/explain.ts': by how much refinement raises the scores that the Why view judges, on the pack that
 * ships and its sample pictures.
 *   --prompts=N     the first prompts of the validation split (default 24)
 *   --steps=N       steps of each sampling (default 20)
 * A prompt's stressed phrases take eight references each, as in the studio. Rises are between the finished coarse and refined
 * picture of one seed: of the prompt's own phrases, and of the phrases of the five prompts after it, which nobody asked for.
 * The last line is one JSON object.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import * as v from 'valibot';
import { PackManifest } from '../../contract/index.ts';
import { makeTowards, similarityTo } from '../../main/engine/gradient/towards.ts';
import { engineServices } from '../../main/engine/index.ts';
import type { EnginePhrase, SampleRequest } from '../../main/engine/index.ts';
import { openPack } from '../../main/engine/pack.ts';
import { dot } from '../../main/vectors.ts';

const number = (name: string, fallback: number): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback);
const models = fileURLToPath(new URL('../../models', import.meta.url));
const folder = join(models, 'first');
const steps = number('steps', 20);
const manifest = v.parse(PackManifest, JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
const { size } = manifest.image;
const { dims } = manifest.embedding;
const FOREIGN = 5;
const REFERENCES = 8;

const prompts = v
  .parse(
    v.object({
      prompts: v.array(v.object({ text: v.string(), emphases: v.array(v.object({ phrase: v.string() })) })),
    }),
    JSON.parse(readFileSync(join(models, 'evaluation', 'prompts', 'validation.json'), 'utf8')),
  )
  .prompts.slice(0, number('prompts', 24));

const live = { signal: new AbortController().signal };
const options = { threads: availableParallelism() };
const { engine } = engineServices(options);
await engine.open({ folder, manifest }, live);
const packId = manifest.id;
const towards = await makeTowards(openPack(folder, manifest, options));

/** Embeddings of the sample pictures, [n][D]. */
const images: Float32Array[] = [];
for (const name of readdirSync(join(models, 'sample')).filter((file) => file.endsWith('.png'))) {
  const rgb = await sharp(join(models, 'sample', name))
    .resize(size, size)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  images.push((await engine.embedImages({ packId, rgb: new Uint8Array(rgb) }, live)).embeddings);
}

async function phraseOf(phrase: string): Promise<EnginePhrase> {
  const { embedding } = await engine.embedText({ packId, text: phrase }, live);
  const best = images.toSorted((a, b) => dot(b, embedding) - dot(a, embedding)).slice(0, REFERENCES);
  return {
    weight: 1,
    references: best.map((clean) => ({ weight: 1, clean, noised: new Float32Array(0) })),
  };
}

const phrases = await Promise.all(
  prompts.map(async ({ emphases }) => Promise.all(emphases.map(({ phrase }) => phraseOf(phrase)))),
);
const rises = { own: [] as number[], foreign: [] as number[], similarity: [] as number[] };
const found: { rise: number; inside: number; outside: number; verdict: string }[] = [];
for (const [p, { text }] of prompts.entries()) {
  const own = phrases[p] as EnginePhrase[];
  const { embedding } = await engine.embedText({ packId, text }, live);
  const { embedding: source } = await engine.prior({ packId, text: embedding }, live);
  const { guidance, rebuild, window } = manifest.sampling;
  const run = { packId, source, phrases: own, seed: p + 1, steps, guidance, rebuild, window };
  const request: SampleRequest = {
    ...run,
    arms: ['coarse', 'refined'],
    wrongPhrases: [],
    text: embedding,
    rivalScales: { 'baseline-guided': 1, 'first-order': 1, composable: 1, structure: 1 },
    upscale: false,
    previews: false,
  };
  const made = new Map<string, Float32Array>();
  for await (const event of engine.sample(request, live))
    if (event.type === 'result') made.set(event.arm, event.embedding);
  const [coarse, refined] = [made.get('coarse'), made.get('refined')];
  if (!coarse || !refined) throw new Error(`Prompt ${p + 1} was not sampled.`);
  const rise = (score: (embedding: Float32Array) => number): number => score(refined) - score(coarse);
  const foreign = Array.from({ length: FOREIGN }, (_, k) => phrases[(p + 1 + k) % phrases.length] ?? []);
  rises.own.push(...own.map((phrase) => rise(towards.score(phrase))));
  rises.similarity.push(...own.map((phrase) => rise(similarityTo(phrase, dims))));
  rises.foreign.push(...foreign.flat().map((phrase) => rise(towards.score(phrase))));
  for await (const event of engine.explain(run, live))
    if (event.type === 'explained')
      for (const { before, after, inside, outside, verdict } of event.phrases)
        found.push({ rise: after - before, inside, outside, verdict });
}

const at = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))] ?? Number.NaN;
const rows = Object.entries(rises).map(([name, values]) => {
  const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => at(values, share).toFixed(4));
  console.log(`rise, ${name}: n ${values.length}, 5 25 50 75 95 %: ${quantiles.join(' ')}`);
  return [name, quantiles.map(Number)] as const;
});
for (const least of [0.002, 0.005, 0.01, 0.02]) {
  const above = (values: readonly number[]): string =>
    ((100 * values.filter((rise) => rise >= least).length) / values.length).toFixed(0);
  console.log(`rose by ${least}: own ${above(rises.own)} %, foreign ${above(rises.foreign)} %`);
}
const inside = found.map((each) => each.inside);
console.log(
  `changed inside the map's top fifth, 5 25 50 75 95 %: ${[0.05, 0.25, 0.5, 0.75, 0.95].map((s) => at(inside, s).toFixed(2)).join(' ')}`,
);
const outside = found.map((each) => each.outside);
console.log(
  `changed elsewhere: ${[0.05, 0.25, 0.5, 0.75, 0.95].map((s) => at(outside, s).toFixed(2)).join(' ')}`,
);
const verdicts = Object.groupBy(found, ({ verdict }) => verdict);
const counts = Object.fromEntries(Object.entries(verdicts).map(([name, all]) => [name, all?.length ?? 0]));
console.log(JSON.stringify({ rises: Object.fromEntries(rows), verdicts: counts }));
process.exit(0);
