import type { AppError, ErrorBody } from '#contract';
import { defineStore } from 'pinia';
import { shallowRef } from 'vue';

/** Something that went wrong in sight of the user, and when. */
export interface NotedError {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly details: unknown;
}

const MOST = 100;

/** Everything that the page has said went wrong since it was opened, newest first: for whoever looks for it later. */
export const useErrorsStore = defineStore('errors', () => {
  const list = shallowRef<readonly NotedError[]>([]);

  /** The same error standing in two places, or said twice at once, is one. */
  function note({ code, message, details }: AppError | ErrorBody, at = Date.now()): void {
    const [last] = list.value;
    if (last && last.code === code && last.message === message && at - last.at < 1000) return;
    list.value = [{ at, code, message, details }, ...list.value].slice(0, MOST);
  }

  /** All of them as text, for a report. */
  const asText = (): string =>
    list.value
      .map(({ at, ...error }) => `${new Date(at).toISOString()} ${JSON.stringify(error, null, 1)}`)
      .join('\n');

  function clear(): void {
    list.value = [];
  }

  return { list, note, asText, clear };
});
