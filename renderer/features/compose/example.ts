import { stress } from '../prompt/document.ts';
import { newId, usePromptStore } from '../../stores/prompt.ts';
import { t } from '../../strings/index.ts';
import type { PromptDocument } from '../prompt/document.ts';

/** Puts the example sentence into the editor, with its words stressed. */
export function loadExample(): void {
  const { text, phrases } = t.example;
  const example = phrases.reduce<PromptDocument>(
    (document, phrase) => {
      const begin = text.indexOf(phrase);
      return stress(document, begin, begin + phrase.length, newId());
    },
    { text, chips: [] },
  );
  usePromptStore().load(example);
}
