import { toAppError } from '#contract';
import type { AppError, ImportEvent, ImportReport, Root } from '#contract';
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

/** The folders that references come from. */
export const useCatalogStore = defineStore('catalog', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const references = useReferencesStore();
  const roots = shallowRef<readonly Root[]>([]);
  const loaded = ref(false);
  const error = shallowRef<AppError>();
  const imports = shallowReactive(new Map<string, ImportState>());
  const controllers = new Map<string, AbortController>();

  const imageCount = computed(() => roots.value.reduce((sum, root) => sum + root.imageCount, 0));

  async function load(): Promise<void> {
    try {
      const client = await connection.client();
      roots.value = (await client.catalog.roots({})).roots;
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

  /** Reads a folder again and follows it to its report. */
  async function importRoot(rootId: string): Promise<void> {
    const pack = packs.current;
    if (!pack || imports.get(rootId)?.running) return;
    const controller = new AbortController();
    controllers.set(rootId, controller);
    const put = (change: Partial<ImportState>): void => {
      const before = imports.get(rootId) ?? {
        running: true,
        last: undefined,
        report: undefined,
        error: undefined,
      };
      imports.set(rootId, { ...before, ...change });
    };
    put({ running: true, last: undefined, report: undefined, error: undefined });
    try {
      const client = await connection.client();
      const events = client.catalog.importFolder(
        { rootId, packId: pack.packId },
        { signal: controller.signal },
      );
      for await (const event of events) {
        put(event.type === 'report' ? { last: event, report: event.report } : { last: event });
      }
    } catch (thrown) {
      put({ error: toAppError(thrown) });
    } finally {
      put({ running: false });
      controllers.delete(rootId);
      references.refresh();
      await load();
    }
  }

  function cancelImport(rootId: string): void {
    controllers.get(rootId)?.abort();
  }

  return { roots, loaded, error, imports, imageCount, load, pick, importRoot, cancelImport };
});
