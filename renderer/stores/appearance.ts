import { defineStore } from 'pinia';
import { ref, watch } from 'vue';
import { LANGUAGES, speak } from '../strings/index.ts';
import type { Language } from '../strings/index.ts';
import { readSaved, save } from './saved.ts';

export const THEMES = ['system', 'dark', 'light'] as const;
export const MOTIONS = ['system', 'less'] as const;
export type Motion = (typeof MOTIONS)[number];
export type Theme = (typeof THEMES)[number];

const isTheme = (value: unknown): value is Theme => THEMES.some((theme) => theme === value);
const isMotion = (value: unknown): value is Motion => MOTIONS.some((motion) => motion === value);
const isLanguage = (value: unknown): value is Language =>
  typeof value === 'string' && Object.hasOwn(LANGUAGES, value);

/** The first of the browser's languages that the page has. */
function wanted(): Language {
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

/** How the page looks and speaks on this browser. */
export const useAppearanceStore = defineStore('appearance', () => {
  const theme = ref<Theme>(readSaved('theme', isTheme) ?? 'system');
  const motion = ref<Motion>(readSaved('motion', isMotion) ?? 'system');
  const language = ref<Language>(readSaved('language', isLanguage) ?? wanted());
  watch(
    theme,
    (chosen) => {
      document.documentElement.dataset['theme'] = chosen;
      save('theme', chosen);
    },
    { immediate: true },
  );
  watch(
    motion,
    (chosen) => {
      document.documentElement.dataset['motion'] = chosen;
      save('motion', chosen);
    },
    { immediate: true },
  );
  watch(
    language,
    (chosen, before) => {
      document.documentElement.lang = chosen;
      speak(chosen);
      // What the browser asks for is followed until the user says otherwise.
      if (before !== undefined) save('language', chosen);
    },
    { immediate: true },
  );
  return { theme, motion, language };
});
