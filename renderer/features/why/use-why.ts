import { computed } from 'vue';
import { useViewerStore } from '../../stores/viewer.ts';
import { useWhyStore } from '../../stores/why.ts';
import { useShown } from '../compare/use-shown.ts';

/** What the Why view is about now: the refined picture on the right, what is known about it, and the map that lies over it. */
export function useWhy() {
  const why = useWhyStore();
  const viewer = useViewerStore();
  const { slots } = useShown();

  /** The refined picture that stands on the right; null where there is none. */
  const imageId = computed(() => {
    const right = slots.value?.[1];
    return right?.arm === 'refined' ? (right.result?.imageId ?? null) : null;
  });
  const explanation = computed(() =>
    imageId.value === null ? null : (why.known.get(imageId.value) ?? null),
  );
  const phrase = computed(() => {
    const phrases = explanation.value?.phrases ?? [];
    return phrases.find(({ id }) => id === why.phraseId) ?? phrases[0];
  });
  const probe = computed(() => {
    const count = explanation.value?.at.length ?? 0;
    return why.probe === null || why.probe >= count ? null : why.probe;
  });
  /** The step that is looked at, or null for all of them. */
  const step = computed(() => (probe.value === null ? null : (explanation.value?.at[probe.value] ?? null)));

  const overlay = computed(() => {
    const [found, one] = [explanation.value, phrase.value];
    if (!why.open || viewer.mode === 'difference' || !found || !one) return null;
    const area = found.size ** 2;
    const at = probe.value;
    if (at === null) return { size: found.size, map: one.overall, top: one.overallTop, picture: null };
    return {
      size: found.size,
      map: one.maps.subarray(at * area, (at + 1) * area),
      top: one.tops[at] ?? 256,
      picture: found.pictures.subarray(at * area * 3, (at + 1) * area * 3),
    };
  });
  return { imageId, explanation, phrase, probe, step, overlay };
}
