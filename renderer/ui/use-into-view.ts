import { nextTick, watch } from 'vue';
import type { Ref } from 'vue';

/** Brings what was chosen into sight where, in one column, it stands below its list instead of beside it. */
export function useIntoView(target: Readonly<Ref<HTMLElement | null>>, chosen: () => unknown): void {
  watch(chosen, async (now) => {
    if (now === null || now === undefined || now === false) return;
    if (!matchMedia('(max-width: 1099px)').matches) return;
    await nextTick();
    target.value?.scrollIntoView({ block: 'start' });
  });
}
