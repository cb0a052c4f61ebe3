import { errorOf, toAppError } from '#contract';
import type { AddRoot, AddsBy, AppError, CatalogActivity, ImportEvent, ImportReport, Root } from '#contract';
import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';
import { useReferencesStore } from './references.ts';

/** An import of one folder: how far it is, what it brought, or why it failed. */
export interface ImportState {
  readonly running: boolean;
  readonly last: ImportEvent | undefined;
  readonly report: ImportReport | undefined;
  readonly error: AppError | undefined;
}

type ImportActivity = Extract<CatalogActivity, { type: 'import' }>;
const NOTHING: ImportState = { running: false, last: undefined, report: undefined, error: undefined };
/** While images come in, everything that shows them is asked for again at most so often. */
const REFRESH_MS = 3000;

/** The folders that references come from, and every import that runs, whoever started it. */
export const useCatalogStore = defineStore('catalog', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const references = useReferencesStore();
  const roots = shallowRef<readonly Root[]>([]);
  const loaded = ref(false);
  /** How this page adds a folder. */
  const adds = ref<AddsBy>('nothing');
  /** Names of the folders that the host offers and that are not added yet. */
  const offered = shallowRef<readonly string[]>([]);
  /** Why the typed or chosen folder was not taken. */
  const addError = shallowRef<AppError>();
  const error = shallowRef<AppError>();
  const imports = shallowReactive(new Map<string, ImportState>());
  /** Rises when images came or went, so that lists of them are read again. */
  const generation = ref(0);
  /** Imports that this page started; the others are only looked at. */
  const controllers = new Map<string, AbortController>();
  /** Images on the disk when it was last looked, by running import. */
  const seen = new Map<string, number>();
  let refreshedAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** All images of the catalog, and those of them that the studio made itself. */
  const total = ref(0);
  const ownCount = ref(0);
  /** Images that came from folders: those that references are found among. */
  const imageCount = computed(() => total.value - ownCount.value);

  async function load(): Promise<void> {
    try {
      const client = await connection.client();
      const found = await client.catalog.roots({});
      roots.value = found.roots;
      total.value = found.images;
      ownCount.value = found.own;
      adds.value = found.adds;
      offered.value = found.offered;
      loaded.value = true;
      error.value = undefined;
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** Lets the user pick a folder where the host has dialogs; the host says so where it has none. */
  async function pick(): Promise<void> {
    try {
      const client = await connection.client();
      const { root } = await client.catalog.pickRoot({});
      await load();
      if (root) await importRoot(root.rootId);
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  /** Makes the folder of this path or name known and reads it; whether it was taken. */
  async function addFolder(folder: AddRoot): Promise<boolean> {
    try {
      const client = await connection.client();
      const { root } = await client.catalog.addRoot(folder);
      addError.value = undefined;
      await load();
      void importRoot(root.rootId);
      return true;
    } catch (thrown) {
      addError.value = toAppError(thrown);
      return false;
    }
  }

  function put(rootId: string, change: Partial<ImportState>): void {
    imports.set(rootId, { ...(imports.get(rootId) ?? NOTHING), ...change });
  }

  /** Reads a folder again and follows it to its report. */
  async function importRoot(rootId: string): Promise<void> {
    const pack = packs.current;
    if (!pack || imports.get(rootId)?.running) return;
    const controller = new AbortController();
    controllers.set(rootId, controller);
    put(rootId, { ...NOTHING, running: true });
    try {
      const client = await connection.client();
      const events = client.catalog.importFolder(
        { rootId, packId: pack.packId },
        { signal: controller.signal },
      );
      for await (const event of events) {
        put(rootId, event.type === 'report' ? { last: event, report: event.report } : { last: event });
      }
    } catch (thrown) {
      if (!controller.signal.aborted) put(rootId, { error: toAppError(thrown) });
    } finally {
      put(rootId, { running: false });
      controllers.delete(rootId);
      await refresh();
    }
  }

  function cancelImport(rootId: string): void {
    controllers.get(rootId)?.abort();
  }

  /** Lets a running import rest, or go on; whoever started it. */
  async function rest(rootId: string, paused: boolean): Promise<void> {
    try {
      const client = await connection.client();
      await (paused ? client.catalog.pauseImport({ rootId }) : client.catalog.resumeImport({ rootId }));
    } catch (thrown) {
      put(rootId, { error: toAppError(thrown) });
    }
  }

  /** Forgets a folder with the images that lie in no other one; answers with how many, or null where it failed. */
  async function removeRoot(rootId: string): Promise<number | null> {
    try {
      const client = await connection.client();
      const { images } = await client.catalog.removeRoot({ rootId });
      imports.delete(rootId);
      await refresh();
      return images;
    } catch (thrown) {
      put(rootId, { error: toAppError(thrown) });
      return null;
    }
  }

  /** Reads again what shows images: folders, lists, and the references of every phrase. */
  async function refresh(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    refreshedAt = Date.now();
    references.refresh();
    generation.value++;
    await load();
  }

  function refreshSoon(): void {
    timer ??= setTimeout(() => void refresh(), Math.max(0, refreshedAt + REFRESH_MS - Date.now()));
  }

  function takeIn(activity: ImportActivity): void {
    const { rootId, running, last } = activity;
    if (!controllers.has(rootId)) {
      put(rootId, {
        running,
        last: last ?? undefined,
        report: last?.type === 'report' ? last.report : undefined,
        error: activity.error ? errorOf(activity.error) : undefined,
      });
    }
    const imported = last?.type === 'progress' ? last.imported : 0;
    const more = imported > (seen.get(rootId) ?? 0);
    if (running) seen.set(rootId, imported);
    else seen.delete(rootId);
    if (!running) void refresh();
    else if (more) refreshSoon();
  }

  /** Follows what happens to the catalog until the connection is lost; the next one follows again. */
  async function follow(): Promise<void> {
    try {
      const client = await connection.client();
      for await (const activity of client.catalog.activity({})) {
        if (activity.type === 'import') takeIn(activity);
        else refreshSoon();
      }
    } catch (thrown) {
      const reason = toAppError(thrown);
      if (reason.code !== 'link_closed' && reason.code !== 'bad_frame') error.value = reason;
    }
  }

  return {
    roots,
    loaded,
    adds,
    offered,
    addError,
    addFolder,
    error,
    imports,
    total,
    ownCount,
    imageCount,
    generation,
    load,
    pick,
    importRoot,
    cancelImport,
    rest,
    removeRoot,
    refresh,
    follow,
    isOwn: (rootId: string) => controllers.has(rootId),
  };
});
