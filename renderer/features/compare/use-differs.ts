import type { Recipe } from '#contract';
import { computed, shallowRef, watch } from 'vue';
import { useGalleryStore } from '../../stores/gallery.ts';
import { differencesOf, traitsOf } from './differs.ts';
import { useShown } from './use-shown.ts';

/** Windows in which the bar has no room for what is said of the difference: it stands below the pictures there. */
export const DIFFERS_BELOW = '(min-width: 1100px) and (max-width: 1279px)';

/** Both halves' recipes, and by what they differ; undefined until both are known. */
export function useDiffers() {
  const gallery = useGalleryStore();
  const { slots } = useShown();
  const recipes = shallowRef<readonly [Recipe, Recipe]>();

  async function load(): Promise<void> {
    recipes.value = undefined;
    const ids = slots.value?.map(({ result }) => result?.imageId);
    const [left, right] = ids ?? [];
    if (left === undefined || right === undefined) return;
    try {
      const both = await Promise.all([gallery.recipe(left), gallery.recipe(right)]);
      const now = slots.value?.map(({ result }) => result?.imageId);
      if (now?.[0] === left && now[1] === right) recipes.value = both;
    } catch {
      // The recipe panel shows what went wrong with it; without recipes nothing is said here.
      recipes.value = undefined;
    }
  }
  watch(() => slots.value?.map(({ result }) => result?.imageId).join(), load, { immediate: true });

  const differences = computed(() => (recipes.value ? differencesOf(...recipes.value) : undefined));
  const traits = computed(() => (recipes.value ? traitsOf(...recipes.value) : undefined));
  return { differences, traits };
}
