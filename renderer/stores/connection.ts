import { connect, contract, linkClosedError } from '#contract';
import type { AppError, StudioClient } from '#contract';
import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { keepOpen } from '../bridge/index.ts';
import type { Bridge } from '../bridge/index.ts';

export type ConnectionState = 'opening' | 'open' | 'lost' | 'refused';

/** The one connection to the host. Everybody else asks `client()` and never learns which link it runs over. */
export const useConnectionStore = defineStore('connection', () => {
  const state = ref<ConnectionState>('opening');
  const error = shallowRef<AppError>();
  /** How often a link was opened: 2 and more mean that something may have been missed meanwhile. */
  const opens = ref(0);
  let bridge: Bridge | undefined;
  let current: StudioClient | undefined;
  let waiting: { resolve: (client: StudioClient) => void; reject: (error: AppError) => void }[] = [];
  let retryNow = (): void => undefined;
  const openedListeners: (() => void)[] = [];

  /** Starts once, with the bridge that `main.ts` picked. Returns a function that ends it. */
  function start(chosen: Bridge): () => void {
    bridge = chosen;
    const keeper = keepOpen(chosen, {
      opened(link) {
        current = connect(contract, link);
        state.value = 'open';
        error.value = undefined;
        opens.value++;
        const told = waiting;
        waiting = [];
        for (const { resolve } of told) resolve(current);
        for (const listener of openedListeners) listener();
      },
      lost(reason, retryInMs) {
        current = undefined;
        error.value = reason;
        state.value = retryInMs === null ? 'refused' : 'lost';
        if (retryInMs !== null) return;
        const told = waiting;
        waiting = [];
        for (const { reject } of told) reject(reason);
      },
    });
    retryNow = () => {
      keeper.retry();
    };
    return () => {
      keeper.stop();
      // Whoever asks from now on is told, instead of being given a client whose link is closed.
      current = undefined;
      error.value = linkClosedError();
      state.value = 'refused';
    };
  }

  /** The client, as soon as a link is open; rejects when no link will come. */
  function client(): Promise<StudioClient> {
    if (current) return Promise.resolve(current);
    if (state.value === 'refused' && error.value) return Promise.reject(error.value);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  }

  /** Calls `listener` at every opening, the first one included. */
  function onOpen(listener: () => void): void {
    openedListeners.push(listener);
    if (current) listener();
  }

  /** The address of a picture. */
  function assetUrl(imageId: string): string {
    if (!bridge) throw new Error('The connection was not started.');
    return bridge.assetUrl(imageId);
  }

  return {
    state,
    error,
    opens,
    start,
    client,
    onOpen,
    assetUrl,
    retry: () => {
      retryNow();
    },
  };
});
