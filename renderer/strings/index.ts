/** The words that the page shows, in the language that the user chose. */
import { shallowRef } from 'vue';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Strings } from './en.ts';

export const LANGUAGES = { en, de } as const satisfies Readonly<Record<string, Strings>>;
export type Language = keyof typeof LANGUAGES;
/** Each language under its own name. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

const current = shallowRef<Strings>(en);

/** Reading it in a template or a computed value makes that follow the language. */
export const t: Strings = new Proxy(en, {
  get: (_target, key) => Reflect.get(current.value, key) as unknown,
});

/** Shows the page in this language from now on. */
export function speak(language: Language): void {
  current.value = LANGUAGES[language];
}
