import { toAppError } from '#contract';
import type { AppError, VectorPass } from '#contract';
import { defineStore } from 'pinia';
import { computed, shallowReactive, shallowRef } from 'vue';
import { useConnectionStore } from './connection.ts';
import { useReferencesStore } from './references.ts';

/** Images that came in with one pack on their way into another one's index, in the background of the studio. */
export const useVectorPassesStore = defineStore('vector-passes', () => {
  const connection = useConnectionStore();
  const references = useReferencesStore();
  const passes = shallowReactive(new Map<string, VectorPass>());
  const error = shallowRef<AppError>();
  /** Those that are on or failed; what is done speaks for itself. */
  const shown = computed(() => [...passes.values()].filter(({ state, of }) => state !== 'done' && of > 0));

  function take(pass: VectorPass): void {
    passes.set(pass.packId, pass);
    // The pack finds more now than what it answered before.
    if (pass.state === 'done' && pass.of > 0) references.refresh();
  }

  /** Follows every pass until the connection is lost; the next one follows again. */
  async function follow(): Promise<void> {
    passes.clear();
    try {
      const client = await connection.client();
      for await (const pass of client.catalog.vectorPasses({})) take(pass);
    } catch (thrown) {
      const reason = toAppError(thrown);
      if (reason.code !== 'link_closed' && reason.code !== 'bad_frame') error.value = reason;
    }
  }

  /** Begins one for a pack, in the background. */
  async function begin(packId: string): Promise<void> {
    error.value = undefined;
    try {
      take(await (await connection.client()).catalog.addVectors({ packId }));
    } catch (thrown) {
      error.value = toAppError(thrown);
    }
  }

  return { passes, shown, error, follow, begin };
});
