/** Tells whoever watches what happens to the catalog. A slow watcher gets the newest state of each import, never a backlog. */
import type { CatalogActivity } from '#contract';

/** Least time between two tellings to one watcher, in milliseconds. */
const APART_MS = 250;

export interface Activity {
  tell(activity: CatalogActivity): void;
  /** What runs now, then every change until the signal aborts. */
  watch(signal: AbortSignal): AsyncGenerator<CatalogActivity>;
}

const keyOf = (activity: CatalogActivity): string => (activity.type === 'import' ? activity.rootId : '');

export function makeActivity(apartMs = APART_MS): Activity {
  const running = new Map<string, CatalogActivity>();
  const watchers = new Set<(activity: CatalogActivity) => void>();

  return {
    tell(activity) {
      if (activity.type === 'import') {
        if (activity.running) running.set(activity.rootId, activity);
        else running.delete(activity.rootId);
      }
      for (const watcher of watchers) watcher(activity);
    },
    async *watch(signal) {
      const news = new Map(running);
      let wake = (): void => undefined;
      const onNews = (activity: CatalogActivity): void => {
        news.set(keyOf(activity), activity);
        wake();
      };
      const onAbort = (): void => {
        wake();
      };
      watchers.add(onNews);
      signal.addEventListener('abort', onAbort);
      try {
        while (!signal.aborted) {
          if (news.size === 0) await new Promise<void>((resolve) => (wake = resolve));
          const told = [...news.values()];
          news.clear();
          yield* told;
          if (signal.aborted) return;
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, apartMs);
            wake = () => {
              if (!signal.aborted) return;
              clearTimeout(timer);
              resolve();
            };
          });
          wake = () => undefined;
        }
      } finally {
        watchers.delete(onNews);
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
