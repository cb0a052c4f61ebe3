/** Builds the services by hand in one visible order and closes them in reverse. */
import { join, resolve } from 'node:path';
import { contract } from '#contract';
import type { GenerateRequest, PackManifest, Root, StudioServices } from '#contract';
import type { Config } from './config.ts';
import { decodeContract, makeDecoder, withQuarantine } from './decode/index.ts';
import {
  gradientLevels,
  makeSchedule,
  makeTokenizer,
  readSafetensors,
  samplingLevels,
} from './engine/index.ts';
import { makeDoctor } from './doctor.ts';
import { domainFolder, removeParts } from './files.ts';
import { makeInFlight } from './in-flight.ts';
import { makePackEngine } from './pack-engine.ts';
import { folderChecks, placeReport } from './place-checks.ts';
import { makeChild } from './link/index.ts';
import type { Spawn } from './link/index.ts';
import { makeCatalog } from './services/catalog/index.ts';
import type { ExportReport, MergeReport } from './services/catalog/index.ts';
import { makeEvaluation, makeLibrary } from './services/evaluate/index.ts';
import { makeExplain } from './services/explain/index.ts';
import { makeGallery } from './services/gallery/index.ts';
import { makeJobs, prepare } from './services/jobs/index.ts';
import type { JobsOptions } from './services/jobs/index.ts';
import { makeCheckText, makeIntake, makePacks } from './services/packs/index.ts';
import type { InstalledPack } from './services/packs/index.ts';
import { makeSets } from './services/sets/index.ts';
import { makeSettings, storageOf } from './services/settings/index.ts';
import {
  assertWritable,
  checkBeside,
  makeStore,
  openResults,
  openSharedVectors,
  openSoon,
  placeOf,
  takeLease,
} from './services/store/index.ts';
import type { Check, Store } from './services/store/index.ts';
import { makeStudy } from './services/study/index.ts';
import { untilChecked } from './until-checked.ts';
import { vectorScan } from './vector-scan.ts';

/** What differs between desktop, serve, command line and tests. */
export interface Platform {
  readonly spawn: Spawn;
  readonly appVersion: string;
  readonly pickFolder?: () => Promise<string | null>;
  /** Whether a page of this machine may name folders by their path. */
  readonly mayType?: boolean;
  /** Paths of folders that pages from elsewhere may add, by name. */
  readonly offered?: readonly string[];
  readonly now?: () => number;
  /** Bytes of a catalog from which on its check goes on beside the first calls (`untilChecked`); the tests lower it. */
  readonly checkAtOnce?: number;
  /** How long `close` waits for what runs before it ends the child processes under it. */
  readonly closeMs?: number;
}

export interface Host {
  readonly services: StudioServices;
  /** The same for a page from another machine: it adds folders only among those that are offered, and is told no path. */
  readonly guestServices: StudioServices;
  /** Makes a folder known by its path; only for hosts whose user may name paths. */
  registerRoot(path: string): Promise<Root>;
  /** The sample folder as a root, or null when it is not there. */
  sampleRoot(domain?: string): Promise<Root | null>;
  /** Writes the user's images (not their files) into a new file, and merges such a file; for hosts whose user may name paths. */
  exportCatalog(path: string, vectors: boolean, signal: AbortSignal): Promise<ExportReport>;
  importCatalog(path: string, signal: AbortSignal): Promise<MergeReport>;
  /** Resolves when the catalog's file has been found whole; a large one is checked beside the first calls. */
  checked(): Promise<void>;
  /** What speaks against the place of the data folder, a sentence each: to be shown at the start. */
  placeProblems(): Promise<string[]>;
  /** PNG of a result, or WebP thumbnail of a catalog image, by opaque id. */
  asset(id: string): Promise<{ bytes: Uint8Array; type: 'image/png' | 'image/webp' } | null>;
  /**
   * Interrupts the running job, aborts every other call and waits for them, then ends the child processes and closes the
   * catalog. New calls are refused meanwhile.
   */
  close(): Promise<void>;
}

const CLOSE_MS = 5000;
/** A tenth of a second of checking. */
const CHECK_AT_ONCE = 32 * 2 ** 20;
const DECODE_MS = 5000;
const BACKUP_LOOK_MS = 3_600_000;
const PASS_LOOK_MS = 60_000;
const THUMBNAIL = 256;

/** Takes the lease, opens the catalog, starts the queue. Throws `catalog_locked` when somebody else has it. */
export function createHost(config: Config, platform: Platform): Host {
  const now = platform.now ?? Date.now;
  const { vectors } = config;
  // A wrong address is said at once; whether the server is there, the first search tells.
  if (vectors) placeOf(vectors.url);
  assertWritable(config.home);
  const release = takeLease(config.home, config.port);
  let store: Store;
  let check: Check | null = null;
  try {
    const { db, checked } = openSoon(config.home, platform.checkAtOnce ?? CHECK_AT_ONCE);
    store = makeStore(db);
    if (!checked) {
      store.allowWrites(false);
      check = checkBeside(db.name);
    }
  } catch (error) {
    release();
    throw error;
  }
  /** A damaged catalog stays as it is: nothing is written before this resolves. */
  const passed = check?.passed.then(() => {
    store.allowWrites(true);
    jobs.start();
  });
  passed?.catch(() => undefined);
  const ownPacks = join(config.home, 'packs');
  const packs = makePacks([...new Set([...config.packFolders, ownPacks])], ownPacks);
  const settings = makeSettings(join(config.home, 'settings.json'));
  const engine = makePackEngine(
    platform.spawn,
    packs,
    async () => config.threads ?? (await settings.current()).threads,
  );
  const decoder = makeChild('decode', decodeContract, platform.spawn, 'decode_lost', async (client) => {
    await client.decode.ready({});
  });
  const version = platform.appVersion;
  const decode = withQuarantine(makeDecoder({ child: decoder, ms: DECODE_MS, thumbnail: THUMBNAIL }), {
    hasLength: (bytes) => store.read.quarantine.hasLength(version, bytes),
    strikes: (hash) => store.read.quarantine.one(hash, version)?.strikes ?? 0,
    strike: (hash, bytes, reason) => {
      const strike = (): unknown =>
        store.write.quarantine.strike({ content_hash: hash, version, bytes, reason, last_at: now() });
      if (passed) passed.then(strike, () => undefined);
      else strike();
    },
  });

  const gallery = makeGallery(store, config.home, now, (hashes) => catalog.forget(hashes));
  const scan = vectorScan();
  const catalog = makeCatalog({
    store,
    packs,
    embedder: engine.embedder,
    decode,
    resultFile: gallery.fileByHash,
    folder: config.home,
    pickFolder: platform.pickFolder,
    mayType: platform.mayType ?? false,
    offered: platform.offered,
    now,
    openShared: vectors
      ? (encoder, dims) =>
          openSharedVectors({ ...vectors, encoder, dims, catalog: store.read.images.catalogId() })
      : undefined,
    rows: scan.rows,
    busy: () => store.read.jobs.running().length > 0,
    passed,
  });
  const levelsOf: JobsOptions['levelsOf'] = ({ kind, levels: count }, { steps, window }) => {
    const levels = samplingLevels(makeSchedule(kind, count), steps);
    return { levels, gradientLevels: gradientLevels(levels, window) };
  };
  const jobs = makeJobs({
    store,
    packs,
    catalog,
    gallery,
    engine: engine.forJobs,
    levelsOf,
    settings: () => settings.current(),
    appVersion: platform.appVersion,
    now,
  });
  /** What a job does before its first step, for services that sample without one. */
  const prepareFor = (
    pack: InstalledPack,
    request: GenerateRequest,
    plan: PackManifest['sampling'],
    signal: AbortSignal,
  ) =>
    prepare(
      { store, catalog, engine: engine.forJobs, pack, now, ...levelsOf(pack.manifest.schedule, plan) },
      request,
      signal,
    );
  const explain = makeExplain({
    store,
    packs,
    engine: engine.forExplain,
    turn: (signal) => jobs.turn('explain', signal),
    prepare: prepareFor,
    fileOf: gallery.beside,
  });
  const evaluation = makeEvaluation({
    packs,
    engine: engine.forEvaluation,
    turn: (signal) => jobs.turn('evaluate', signal),
    prepare: prepareFor,
    openResults,
    folder: join(config.home, 'evaluations'),
    readerFolder: config.readerFolder ?? join(config.home, 'reader'),
    lpipsFile: config.lpipsFile,
    tensors: (bytes) => readSafetensors(bytes).tensors,
    appVersion: platform.appVersion,
  });
  const evaluations = makeLibrary({
    folder: join(config.home, 'evaluations'),
    promptsFolder: config.promptsFolder ?? join(config.home, 'prompts'),
    domainOf: async (packId) => (await packs.get(packId)).manifest.domain,
    openResults,
    run: evaluation.service.run,
    follow: (work) => inFlight.run(work),
  });
  const study = makeStudy({ folder: join(config.home, 'studies'), pictures: evaluation.pictures, now });
  if (!passed) jobs.start();

  const inFlight = makeInFlight();
  // Nobody waits for it; `close` does. The clock is the disk's, whatever `now` says.
  void inFlight.run(() => removeParts(config.home, Date.now()));
  const whole: StudioServices = {
    jobs: jobs.service,
    sets: makeSets({ store, jobs, gallery, now }),
    catalog: catalog.service,
    gallery: gallery.service,
    evaluation: { ...evaluation.service, ...evaluations.service },
    explain,
    study: study.service,
    settings: {
      ...settings.service,
      storage: () => storageOf(resolve(config.home), true),
      place: () => placeReport(resolve(config.home)),
    },
    packs: {
      list: () => packs.list(),
      card: async ({ packId }) => ({ text: await packs.card(packId) }),
      verify: async ({ packId }) => ({ files: await packs.verify(packId) }),
      ...makeIntake({
        packs,
        folder: ownPacks,
        inspect: async (packId) => (await engine.inspect(packId)).ports,
        release: engine.release,
      }),
      checkText: makeCheckText({
        packs,
        tokenizer: makeTokenizer,
        preferred: async () => (await settings.current()).packId,
      }),
      doctor: makeDoctor({
        appVersion: platform.appVersion,
        home: config.home,
        packs,
        engine,
        catalog,
        roots: () => store.read.images.roots().length,
        scan: scan.check,
        vectors,
      }),
    },
  };
  const watched = (all: StudioServices): StudioServices =>
    inFlight.watch(contract, passed ? untilChecked(contract, all, passed) : all);
  /** Work beside the services that changes the catalog. */
  const change = <T>(work: () => Promise<T>): Promise<T> =>
    inFlight.run(async () => {
      await passed;
      return work();
    });

  // Only hosts that stay make backups by themselves; a command on the command line is over before.
  const daily = setInterval(() => {
    void inFlight.run(() => catalog.backUpDaily()).catch(() => undefined);
  }, BACKUP_LOOK_MS);
  daily.unref();
  /** Packs that were given a part of their vectors get the rest; what fails is told to who watches the passes. */
  const passes = setInterval(() => {
    void inFlight
      .run(async () => {
        await passed;
        const found = await packs.list();
        await catalog.resumePasses(await Promise.all(found.packs.map((p) => packs.get(p.packId))));
      })
      .catch(() => undefined);
  }, PASS_LOOK_MS);
  passes.unref();

  let childrenClosed: Promise<unknown> | undefined;
  const closeChildren = (): Promise<unknown> =>
    (childrenClosed ??= Promise.all([engine.close(), decoder.close()]));
  async function shutDown(): Promise<void> {
    const ms = platform.closeMs ?? CLOSE_MS;
    const timers: NodeJS.Timeout[] = [];
    const after = (delay: number): Promise<void> =>
      new Promise((resolve) => {
        timers.push(setTimeout(resolve, delay));
      });
    inFlight.refuse();
    const unchecked = check?.stop();
    evaluations.close();
    clearInterval(daily);
    clearInterval(passes);
    const resting = catalog.stopPasses();
    // Without its children, what hangs in them fails; what still does not end then is left behind.
    void after(ms).then(closeChildren);
    await Promise.race([Promise.all([resting, jobs.close()]).then(() => inFlight.stop()), after(2 * ms)]);
    await closeChildren();
    timers.forEach(clearTimeout);
    await catalog.close();
    await unchecked;
    store.close();
    release();
  }
  let closed: Promise<void> | undefined;

  return {
    services: watched(whole),
    guestServices: watched({
      ...whole,
      catalog: { ...whole.catalog, ...catalog.guest },
      settings: { ...whole.settings, storage: () => storageOf(resolve(config.home), false) },
    }),
    checked: () => passed ?? Promise.resolve(),
    registerRoot: (path) => change(() => catalog.registerRoot(path, false)),
    placeProblems: async () => (await folderChecks(resolve(config.home))).map((c) => c.message),
    exportCatalog: (path, withVectors, signal) => change(() => catalog.exportTo(path, withVectors, signal)),
    importCatalog: (path, signal) => change(() => catalog.importFrom(path, signal)),
    sampleRoot: (domain) =>
      change(() => catalog.registerRoot(domainFolder(config.sampleFolder, domain), true).catch(() => null)),
    asset: (id) =>
      inFlight.run(async () => {
        const png = await gallery.file(id);
        if (png) return { bytes: png, type: 'image/png' as const };
        const row = store.read.images.byId(id);
        const webp = row ? await catalog.thumbnail(row.content_hash) : null;
        return webp ? { bytes: webp, type: 'image/webp' as const } : null;
      }),
    close: () => (closed ??= shutDown()),
  };
}

export { parseEmphasis, parsePhraseOption } from './engine/index.ts';
export { recipeOf } from './services/gallery/index.ts';
export { emptySheet, sealed, withAnswer } from './services/study/index.ts';
export { backupsOf, restoreCatalog, salvageCatalog } from './repair.ts';
