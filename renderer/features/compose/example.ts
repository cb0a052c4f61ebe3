import { stress } from '../prompt/document.ts';
import { usePacksStore } from '../../stores/packs.ts';
import { newId, usePromptStore } from '../../stores/prompt.ts';
import { t } from '../../strings/index.ts';
import type { PromptDocument } from '../prompt/document.ts';

/** Puts the example sentence of what the pack draws into the editor, with its words stressed. */
export function loadExample(): void {
  const domain = usePacksStore().current?.domain ?? 'first';
  const { text, phrases } =
    domain in t.example ? t.example[domain as keyof typeof t.example] : t.example.first;
  const example = phrases.reduce<PromptDocument>(
    (document, phrase) => {
      const begin = text.indexOf(phrase);
      return stress(document, begin, begin + phrase.length, newId());
    },
    { text, chips: [] },
  );
  usePromptStore().load(example);
}
