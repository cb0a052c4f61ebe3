/**
 * A studio without an engine, for looking at the page: the real contract and the real `serve`, but references are found
 * by name and "sampling" fades noise into a drawn picture. Nothing of it is part of the product.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { AppError } from '#contract';
import type {
  CatalogImage,
  GenerateRequest,
  Hit,
  JobEvent,
  JobSummary,
  Pair,
  Recipe,
  Root,
  Settings,
  StorageReport,
  StudioServices,
} from '#contract';
import type { Host } from '../../main/host.ts';
import { phrases } from '../../training/data/caption.ts';
import { random } from '../../training/data/random.ts';
import { toRgb, toSvg } from '../../training/data/render.ts';
import { drawScene, rendering } from '../../training/data/scene.ts';
import type { Scene } from '../../training/data/scene.ts';
import { demoCatalog } from './demo-catalog.ts';
import { demoEvaluation, demoStudy } from './demo-evaluation.ts';
import type { DrawSentence } from './demo-evaluation.ts';
import { demoExplain } from './demo-explain.ts';
import { demoGallery } from './demo-gallery.ts';
import { DEMO_PACK, demoPacks } from './demo-packs.ts';
import { demoQueue } from './demo-queue.ts';
import { demoSets } from './demo-sets.ts';

export interface DemoOptions {
  readonly images?: number;
  /** Milliseconds of one coarse step; a refined one takes 2.4 times as long. */
  readonly stepMs?: number;
  /** Nothing is imported yet, as at the very first start. */
  readonly isFresh?: boolean;
  /** Without the study that is there from the start. */
  readonly noStudies?: boolean;
  /** Its data folder lies badly, and a second pack reads the images. */
  readonly isTroubled?: boolean;
}

const SIZE = 256;
/** What the demonstration's text encoder reads, in UTF-16 units; it knows no word that begins with qx. */
const DEMO_MAX_TEXT = 240;
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const WORDS = phrases(false).sort((a, b) => b.text.length - a.text.length);

/** Attributes that the words name. */
function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  let rest = text.toLowerCase();
  for (const { text: word, group, value } of WORDS) {
    const plain = word.replace(/^(a|an|the) /, '');
    if (plain === '' || !rest.includes(plain) || group === 'subject' || group in found) continue;
    found[group] = value;
    rest = rest.replace(plain, ' ');
  }
  return found;
}

const drawn = (scene: Scene, stream: string): string => toSvg(rendering(scene, random(stream, 1)));

/** The picture of a sentence: what is stressed is in it where the picture is refined. */
const drawSentence: DrawSentence = (text, stressed, seed, isRefined) => {
  const asked = attributesOf(text);
  const stress = Object.assign({}, ...stressed.map(attributesOf)) as Record<string, string>;
  const plain = Object.fromEntries(Object.entries(asked).filter(([group]) => !(group in stress)));
  return drawn(sceneOf(seed, isRefined ? asked : plain), String(seed));
};

/** A person's scene of this seed with these attributes set. */
function sceneOf(seed: number, attributes: Readonly<Record<string, string>>): Scene {
  for (let i = 0; ; i++) {
    const scene = drawScene(random(`demo ${seed}`, i), false);
    if (scene['subject'] !== 'person') continue;
    const mixed = { ...scene, ...attributes };
    try {
      drawn(mixed, 'check');
      return mixed;
    } catch {
      continue;
    }
  }
}

interface DemoJob {
  summary: JobSummary;
  readonly events: JobEvent[];
  readonly abort: AbortController;
  readonly wake: Set<() => void>;
}

/** A host as `startServe` takes it. */
export function demoHost({
  images = 240,
  stepMs = 60,
  noStudies = false,
  isFresh = false,
  isTroubled = false,
}: DemoOptions = {}): Host {
  const assets = new Map<string, () => Promise<Uint8Array>>();
  const jobs = new Map<string, DemoJob>();
  const pairs: Pair[] = [];
  const recipes = new Map<string, Recipe>();
  let settings: Settings = {
    packId: null,
    source: 'prior',
    steps: null,
    guidance: null,
    referencesPerEmphasis: 4,
    compare: true,
    upscale: true,
    previews: true,
    embedRecipe: true,
    threads: null,
  };
  const root: Root = {
    rootId: 'sample',
    name: 'sample',
    imageCount: images,
    state: 'online',
    builtIn: true,
    addedAt: Date.now(),
  };
  const own: Root = { ...root, rootId: 'own', name: 'Voxel renders', imageCount: 0, builtIn: false };

  const roots = [root, own];
  let isUnread = isFresh;
  const resting = { paused: false };
  const catalog = Array.from({ length: images }, (_, i) => {
    const scene = drawScene(random('demo catalog', i), false);
    const contentHash = hash(`catalog ${i}`);
    const image: CatalogImage = {
      imageId: contentHash.slice(0, 24),
      contentHash,
      name: `${contentHash.slice(0, 8)}.png`,
      width: SIZE,
      height: SIZE,
      importedAt: Date.now() - i * 1000,
      rootId: root.rootId,
    };
    assets.set(image.imageId, () => png(toRgb(drawn(scene, String(i)), SIZE), SIZE));
    return { image, scene };
  });

  function hits(phrase: string): Omit<Hit, 'rank'>[] {
    const wanted = Object.entries(attributesOf(phrase));
    return catalog
      .map(({ image, scene }, i) => {
        const noise = random(phrase, i).next();
        const match = wanted.filter(([group, value]) => scene[group] === value).length;
        const share = wanted.length === 0 ? 0 : match / wanted.length;
        return {
          image,
          score: 0.12 + 0.16 * share + 0.04 * noise,
          strength: Math.min(1, 0.3 * noise + share * (0.62 + 0.06 * noise)),
        };
      })
      .sort((a, b) => b.score - a.score);
  }

  /** The results as a search by look finds them: all of them, the newest first. */
  const ownHits = (): Omit<Hit, 'rank'>[] =>
    pairs.flatMap(({ results }) =>
      results.map(({ imageId, contentHash, width, height }) => ({
        image: { imageId, contentHash, name: imageId, width, height, importedAt: 0, rootId: null },
        score: 0.3,
        strength: null,
      })),
    );

  function emit(job: DemoJob, event: DistributiveOmit<JobEvent, 'jobId' | 'seq' | 'at'>): void {
    const base = { jobId: job.summary.jobId, seq: (job.events.at(-1)?.seq ?? 0) + 1, at: Date.now() };
    if (event.type === 'preview') {
      const old = job.events.findIndex((e) => e.type === 'preview' && e.arm === event.arm);
      if (old >= 0) job.events.splice(old, 1);
    }
    job.events.push({ ...event, ...base });
    for (const wake of [...job.wake]) wake();
  }

  async function run(job: DemoJob): Promise<void> {
    const { request, jobId } = job.summary;
    const steps = request.steps ?? DEMO_PACK.sampling.steps;
    const { signal } = job.abort;
    const began = Date.now();
    job.summary = { ...job.summary, state: 'running', startedAt: began, attempts: 1 };
    emit(job, { type: 'started', arms: request.arms, steps });
    const stressed = request.emphases.filter(({ muted, weight }) => !muted && weight > 0);
    const asked = attributesOf(
      request.emphases
        .filter(({ muted }) => muted)
        .reduce((rest, { phrase }) => rest.replace(phrase, ''), request.prompt),
    );
    const stress = Object.assign({}, ...stressed.map(({ phrase }) => attributesOf(phrase))) as Scene;
    const plain = Object.fromEntries(Object.entries(asked).filter(([group]) => !(group in stress)));
    const results: Pair['results'] = [];
    for (const arm of request.arms) {
      const scene = sceneOf(request.seed, arm === 'refined' ? { ...asked, ...stress } : plain);
      const svg = drawn(scene, String(request.seed));
      const target = toRgb(svg, 64);
      for (let i = 1; i <= steps; i++) {
        await sleep(arm === 'refined' ? stepMs * 2.4 : stepMs);
        if (signal.aborted) {
          const kept = results.length > 0 ? { pairId: keep(job, results).pairId } : {};
          job.summary = { ...job.summary, state: 'cancelled', endedAt: Date.now(), ...kept };
          emit(job, { type: 'cancelled', ...kept });
          return;
        }
        emit(job, { type: 'step', arm, stage: arm === 'refined' ? 'refined' : 'coarse', i, of: steps });
        if (i % 4 === 0) {
          const rgba = noisy(target, 1 - i / steps, `${request.seed} ${i}`);
          emit(job, { type: 'preview', arm, i, width: 64, height: 64, rgba });
        }
      }
      const rgb = toRgb(svg, SIZE);
      const contentHash = createHash('sha256').update(rgb).digest('hex');
      const imageId = hash(`${jobId} ${arm}`).slice(0, 24);
      assets.set(imageId, () => png(rgb, SIZE));
      recipes.set(imageId, demoRecipe(request, arm, steps, contentHash, (Date.now() - began) / 1000));
      results.push({ arm, imageId, contentHash, width: SIZE, height: SIZE });
    }
    const { pairId, results: all } = keep(job, results);
    job.summary = { ...job.summary, state: 'done', endedAt: Date.now(), pairId, results: all };
    emit(job, { type: 'done', pairId, results: all, wallSeconds: (Date.now() - began) / 1000 });
  }

  /** A pair of these pictures, or the one that they complete. */
  function keep({ summary: { jobId, request } }: DemoJob, results: Pair['results']): Pair {
    const known = pairs.find(({ pairId }) => pairId === request.completes);
    const { prompt, seed } = request;
    const pair: Pair = known
      ? { ...known, results: [...known.results, ...results] }
      : { pairId: `pair-${jobId}`, jobId, createdAt: Date.now(), prompt, seed, results };
    if (known) pairs.splice(pairs.indexOf(known), 1, pair);
    else pairs.unshift(pair);
    return pair;
  }

  const jobOf = (jobId: string): DemoJob => {
    const job = jobs.get(jobId);
    if (!job) throw new AppError('not_found', `No job has the id ${jobId}.`);
    return job;
  };

  function submitJob(request: GenerateRequest): string {
    const jobId = hash(`${jobs.size} ${Date.now()}`).slice(0, 16);
    const summary: JobSummary = {
      jobId,
      state: 'queued',
      request,
      createdAt: Date.now(),
      startedAt: null,
      endedAt: null,
      attempts: 0,
      pairId: null,
      results: [],
      error: null,
    };
    const job: DemoJob = { summary, events: [], abort: new AbortController(), wake: new Set() };
    const position = [...jobs.values()].filter(({ summary: { endedAt } }) => endedAt === null).length;
    jobs.set(jobId, job);
    emit(job, { type: 'queued', position });
    queue.add(jobId);
    return jobId;
  }

  function cancelJob(jobId: string): void {
    const job = jobOf(jobId);
    job.abort.abort();
    queue.drop(jobId);
    if (job.summary.state !== 'queued') return;
    job.summary = { ...job.summary, state: 'cancelled', endedAt: Date.now() };
    emit(job, { type: 'cancelled' });
  }

  const queue = demoQueue((jobId) => run(jobOf(jobId)), submitJob, cancelJob);

  const jobService: StudioServices['jobs'] = {
    ...queue.service,
    submit: (request) => ({ jobId: submitJob(request) }),
    list: ({ limit }) => ({
      items: [...jobs.values()]
        .map(({ summary }) => summary)
        .reverse()
        .slice(0, limit),
      next: null,
    }),
    cancel({ jobId }) {
      cancelJob(jobId);
      return { state: jobOf(jobId).summary.state };
    },
    async *watch({ jobId, after }, { signal }) {
      const job = jobOf(jobId);
      let seq = after;
      for (;;) {
        const event = job.events.find((e) => e.seq > seq);
        if (event) {
          seq = event.seq;
          yield event;
          if (event.type === 'done' || event.type === 'failed' || event.type === 'cancelled') return;
        } else {
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              job.wake.delete(wake);
              resolve();
            };
            job.wake.add(wake);
            signal.addEventListener('abort', wake, { once: true });
          });
          if (signal.aborted) return;
        }
      }
    },
  };

  const services: StudioServices = {
    jobs: jobService,
    sets: demoSets(
      jobService,
      (jobId) => jobOf(jobId).summary,
      (pairId) => pairs.find((pair) => pair.pairId === pairId),
    ),
    catalog: {
      ...demoCatalog(catalog, roots, resting, isTroubled ? DEMO_PACK.packId : undefined),
      roots: () => ({
        adds: 'path',
        offered: [],
        images: isUnread ? 0 : catalog.length,
        own: 0,
        roots: roots.map((r) => ({
          ...r,
          imageCount: isUnread ? 0 : catalog.filter(({ image }) => image.rootId === r.rootId).length,
        })),
      }),
      addRoot: (asked) => {
        const path = 'path' in asked ? asked.path : `/pictures/${asked.name}`;
        if (!path.startsWith('/pictures/'))
          throw new AppError(
            'not_found',
            `There is no folder "${path}" that the studio may read. Expected the whole path of a folder with images.`,
          );
        const root = {
          ...(roots[0] as Root),
          rootId: `typed-${roots.length}`,
          name: path.slice(10),
          builtIn: false,
        };
        roots.push(root);
        return { root };
      },
      pickRoot: () => {
        throw new AppError('not_supported', 'There is no folder dialog here.');
      },
      async *importFolder({ rootId }, { signal }) {
        for (let done = 0; done <= 60 && !signal.aborted; done += resting.paused ? 0 : 3) {
          if (done === 0 && !resting.paused) yield { type: 'scanning', found: 60 };
          yield {
            type: 'progress',
            done,
            of: 60,
            imported: Math.max(0, done - 3),
            skipped: Math.min(3, done),
            perSecond: 50,
            secondsLeft: (60 - done) / 50,
            paused: resting.paused,
          };
          await sleep(60);
        }
        isUnread = false;
        yield {
          type: 'report',
          report: {
            rootId,
            found: 60,
            imported: 55,
            unchanged: 0,
            duplicates: 2,
            moved: 0,
            missing: 0,
            skipped: [
              {
                file: 'old/broken.png',
                reason: 'truncated',
                message: 'The file ends in the middle of the picture.',
              },
              { file: 'notes.txt.png', reason: 'not_an_image', message: 'The bytes are no picture.' },
              { file: 'empty.webp', reason: 'empty_file', message: 'The file is empty.' },
            ],
            wallSeconds: 1.3,
          },
        };
      },
      search: ({ text, k, fold = 'bytes', filter }) => ({
        hits: (filter?.own ? ownHits() : hits(text ?? '')).slice(0, k).map((hit, i) => ({
          ...hit,
          strength: text === undefined ? null : hit.strength,
          rank: i + 1,
          ...(fold === 'bytes' ? {} : { alike: i % 3 }),
        })),
      }),
      async references({ phrase, k, pins, bans }) {
        await sleep(120);
        const all = hits(phrase).map((hit, i) => ({ ...hit, rank: i + 1, weight: 1, pinned: false }));
        const pinned = pins.flatMap((pin) => all.filter(({ image }) => image.contentHash === pin));
        const rest = all.filter(
          ({ image }) => !pins.includes(image.contentHash) && !bans.includes(image.contentHash),
        );
        const best = all[0]?.strength ?? 0;
        return {
          phrase,
          references: [...pinned.map((hit) => ({ ...hit, pinned: true })), ...rest].slice(0, k),
          verdict: best >= 0.8 ? 'good' : best >= 0.5 ? 'weak' : 'none',
        };
      },
      images: ({ limit }) => ({ items: catalog.map(({ image }) => image).slice(0, limit), next: null }),
      image({ imageId }) {
        const found = catalog.find(({ image }) => image.imageId === imageId);
        if (!found) throw new AppError('not_found', 'No image has this id.');
        return found.image;
      },
    },
    packs: {
      ...demoPacks(),
      checkText: ({ text }) => ({
        cutAt: text.length > DEMO_MAX_TEXT ? DEMO_MAX_TEXT : null,
        unknown: [...text.slice(0, DEMO_MAX_TEXT).matchAll(/\bqx\w*/gi)].map(({ index, 0: word }) => ({
          start: index,
          end: index + word.length,
          word,
        })),
      }),
    },
    gallery: demoGallery(pairs, recipes, DEMO_PACK.packId),
    evaluation: demoEvaluation(drawSentence, 30 * stepMs),
    explain: demoExplain(recipes, stepMs),
    study: demoStudy(drawSentence, noStudies),
    settings: {
      get: () => settings,
      storage: () => demoStorage('/home/ada/.local/share/accent'),
      place: () => ({
        problems: isTroubled
          ? [
              { kind: 'network', name: 'nfs4', free: null },
              { kind: 'nearly_full', name: null, free: 312_000_000 },
            ]
          : [],
      }),
      set(change) {
        settings = { ...settings, ...change };
        return settings;
      },
    },
  };

  return {
    services,
    guestServices: {
      ...services,
      settings: { ...services.settings, storage: () => demoStorage(null) },
    },
    registerRoot: () => Promise.resolve(own),
    exportCatalog: () => Promise.reject(new AppError('not_supported', 'There is no catalog here.')),
    importCatalog: () => Promise.reject(new AppError('not_supported', 'There is no catalog here.')),
    checked: () => Promise.resolve(),
    placeProblems: () => Promise.resolve([]),
    sampleRoot: () => Promise.resolve(root),
    async asset(id) {
      const make = assets.get(id);
      return make ? { bytes: await make(), type: 'image/png' } : null;
    },
    async close() {
      for (const job of jobs.values()) job.abort.abort();
      await queue.idle();
    },
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const png = (rgb: Uint8Array, size: number): Promise<Uint8Array> =>
  sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();

/** The picture under this share of noise, as RGBA. */
function noisy(rgb: Uint8Array, share: number, stream: string): Uint8Array {
  const r = random(stream, 0);
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let i = 0, j = 0; i < rgb.length; i += 3, j += 4) {
    for (let c = 0; c < 3; c++) rgba[j + c] = (rgb[i + c] ?? 0) * (1 - share) + r.next() * 255 * share;
    rgba[j + 3] = 255;
  }
  return rgba;
}

/** Without `home`: as a page from another machine is told it. */
function demoStorage(home: string | null): StorageReport {
  const below = (name: string): string | null => home && `${home}/${name}`;
  return {
    path: home,
    places: [
      { name: 'results', bytes: 48_200_000, files: 420, path: below('images') },
      { name: 'thumbnails', bytes: 9_100_000, files: 482, path: below('thumbnails') },
      { name: 'catalog', bytes: 6_400_000, files: 3, path: null },
    ],
    free: 210_000_000_000,
  };
}

function demoRecipe(
  request: GenerateRequest,
  arm: Recipe['arm'],
  steps: number,
  pixelsHash: string,
  wallSeconds: number,
): Recipe {
  return {
    format: 'accent-recipe',
    schema: 1,
    appVersion: '0.1.0',
    createdAt: Date.now(),
    arm,
    prompt: request.prompt,
    emphases: request.emphases.map(({ id, phrase, weight, muted, bans, references, span }) => ({
      id,
      phrase,
      weight,
      muted,
      bans,
      references: references.map((reference, i) => ({ ...reference, rank: i + 1, score: 0.31 - i * 0.008 })),
      ...(span ? { span } : {}),
    })),
    wrongEmphases: [],
    source: { kind: request.source, embeddingHash: hash(request.prompt), references: [] },
    referencesPerEmphasis: request.referencesPerEmphasis,
    pack: { id: DEMO_PACK.packId, version: DEMO_PACK.version, parts: {} },
    baselinePack: null,
    encoderHash: hash('encoder'),
    backends: {
      denoiser: { name: 'ort-cpu', detail: 'onnxruntime 1.30.0, 2 threads' },
      gradient: { name: 'native-avx2', detail: '2 threads' },
      prior: { name: 'ort-cpu', detail: 'onnxruntime 1.30.0, 2 threads' },
    },
    schedule: { kind: 'cosine', levels: 1000 },
    steps,
    guidance: request.guidance ?? 3,
    seed: request.seed,
    rebuild: request.rebuild ?? DEMO_PACK.sampling.rebuild,
    ...(request.sampler === undefined ? {} : { sampler: request.sampler }),
    window: request.window ?? DEMO_PACK.sampling.window,
    unrefinedSteps: [],
    output: { width: SIZE, height: SIZE, upscaled: request.upscale, pixelsHash },
    wallSeconds,
  };
}
