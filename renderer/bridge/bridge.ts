import { toAppError } from '#contract';
import type { AppError, Link } from '#contract';
import { desktopAssetUrl, hostAssetUrl } from './asset-url.ts';
import { electronLink } from './electron-link.ts';
import { openSession } from './session.ts';
import { openSocket, websocketLink } from './websocket-link.ts';
import type { AssetUrl } from './asset-url.ts';

/** How the page reaches its host: a way to open a link, as often as needed, and where pictures are. */
export interface Bridge {
  open(): Promise<Link>;
  readonly assetUrl: AssetUrl;
  /** False where a link that closed does not come back (the desktop window). */
  readonly reopens: boolean;
}

/** The bridge of this window: the preload script's link where there is one, else WebSocket to where the page is from. */
export function pickBridge(window: Window): Bridge {
  const preload = window.link;
  if (preload) {
    return { open: async () => electronLink(preload), assetUrl: desktopAssetUrl, reopens: false };
  }
  const { location, history } = window;
  const session = openSession({
    fetch: (...request) => window.fetch(...request),
    storage: window.sessionStorage,
    hash: location.hash,
    clearHash() {
      history.replaceState(null, '', location.pathname + location.search);
    },
  });
  return {
    async open() {
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
      const ticket = await session.ticket();
      return websocketLink(
        await openSocket(`${scheme}://${location.host}/link?ticket=${encodeURIComponent(ticket)}`),
      );
    },
    assetUrl: hostAssetUrl(session.assetKey),
    reopens: true,
  };
}

/** What a `keepOpen` reports. */
export interface LinkWatcher {
  /** A link is open; it may be the first or one after a loss. */
  opened(link: Link): void;
  /** It closed, or could not be opened; `retryInMs` is null when nobody tries again. */
  lost(error: AppError, retryInMs: number | null): void;
}

const WAITS_MS = [250, 500, 1000, 2000, 4000, 8000];

/**
 * Opens a link, and again whenever it closes, with growing pauses (a quarter of a second to 8 s, less up to a quarter
 * by chance). Stops where trying again is of no use: the host does not know this tab, or the link is the only one.
 * Returns a function that ends it and one that tries at once.
 */
export function keepOpen(
  bridge: Pick<Bridge, 'open' | 'reopens'>,
  watcher: LinkWatcher,
  random: () => number = Math.random,
): { stop(): void; retry(): void } {
  let stopped = false;
  let failures = 0;
  let link: Link | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let opening = false;

  function failed(error: AppError): void {
    link = undefined;
    if (stopped) return;
    const hopeless = !bridge.reopens || error.code === 'unauthorized' || error.code === 'forbidden';
    const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 8000;
    const retryInMs = hopeless ? null : Math.round(wait * (1 - random() / 4));
    failures++;
    if (retryInMs !== null)
      timer = setTimeout(() => {
        void attempt();
      }, retryInMs);
    watcher.lost(error, retryInMs);
  }

  async function attempt(): Promise<void> {
    clearTimeout(timer);
    if (opening || link || stopped) return;
    opening = true;
    try {
      const opened = await bridge.open();
      if (stopped) {
        opened.close();
        return;
      }
      link = opened;
      failures = 0;
      watcher.opened(opened);
      opened.onClose((reason) => {
        failed(toAppError(reason, 'link_closed'));
      });
    } catch (thrown) {
      failed(toAppError(thrown, 'link_closed'));
    } finally {
      opening = false;
    }
  }

  void attempt();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      link?.close();
    },
    retry() {
      void attempt();
    },
  };
}
