import { stress } from '../prompt/document.ts';
import { usePacksStore } from '../../stores/packs.ts';
import { newId, usePromptStore } from '../../stores/prompt.ts';
import { t } from '../../strings/index.ts';
import type { PromptDocument } from '../prompt/document.ts';

type ExampleName = keyof typeof t.example;

/** The example of what the chosen pack draws, else the first one. */
export function exampleName(): ExampleName {
  const domain = usePacksStore().current?.domain ?? 'first';
  return domain in t.example ? (domain as ExampleName) : 'first';
}

/** Puts the example sentence of what the pack draws into the editor, with its words stressed. */
export function loadExample(): void {
  const { text, phrases } = t.example[exampleName()];
  const example = phrases.reduce<PromptDocument>(
    (document, phrase) => {
      const begin = text.indexOf(phrase);
      return stress(document, begin, begin + phrase.length, newId());
    },
    { text, chips: [] },
  );
  usePromptStore().load(example);
}
