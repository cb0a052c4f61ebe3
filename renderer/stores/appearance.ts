import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import { readSaved, save } from './saved.ts';

export const THEMES = ['system', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

const isTheme = (value: unknown): value is Theme => THEMES.some((theme) => theme === value);

/** How the page looks on this browser. */
export const useAppearanceStore = defineStore('appearance', () => {
  const theme = ref<Theme>(readSaved('theme', isTheme) ?? 'system');
  watch(
    theme,
    (chosen) => {
      document.documentElement.dataset['theme'] = chosen;
      save('theme', chosen);
    },
    { immediate: true },
  );
  return { theme };
});
