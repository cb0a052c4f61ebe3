import { errorOf, toAppError } from '#contract';
import type { AppError } from '#contract';
import { defineStore } from 'pinia';
import { reactive, ref } from 'vue';
import { useCatalogStore } from './catalog.ts';
import { useConnectionStore } from './connection.ts';
import { usePacksStore } from './packs.ts';
import { readSaved, save } from './saved.ts';

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** Whether folders are read again by themselves when something in them changes, while this page is open. */
export const useFolderWatchStore = defineStore('folder-watch', () => {
  const connection = useConnectionStore();
  const packs = usePacksStore();
  const catalog = useCatalogStore();
  const on = ref(readSaved('followFolders', isBoolean) ?? false);
  /** Folders that could not be read again, by root. */
  const failures = reactive(new Map<string, AppError>());
  let current: AbortController | undefined;

  /** Follows until it is switched off or the connection is lost; call it again at every opening. */
  async function start(): Promise<void> {
    current?.abort();
    const pack = packs.current;
    if (!on.value || !pack) return;
    const mine = new AbortController();
    current = mine;
    try {
      const client = await connection.client();
      for await (const event of client.catalog.watch({ packId: pack.packId }, { signal: mine.signal })) {
        if (event.type === 'failed') failures.set(event.rootId, errorOf(event));
        else failures.delete(event.rootId);
        if (event.type === 'state') await catalog.load();
      }
    } catch (thrown) {
      const reason = toAppError(thrown);
      if (!mine.signal.aborted && reason.code !== 'link_closed' && reason.code !== 'bad_frame')
        catalog.error = reason;
    }
  }

  function set(wanted: boolean): void {
    on.value = wanted;
    save('followFolders', wanted);
    failures.clear();
    void start();
  }

  return { on, failures, start, set };
});
