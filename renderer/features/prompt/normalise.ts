/** The sentence as the host keeps it, with the chips' places moved along. */
import { phraseOf } from './document.ts';
import type { Chip, PromptDocument } from './document.ts';

export interface SentPhrase {
  readonly chip: Chip;
  readonly phrase: string;
  readonly span: readonly [number, number];
}

export interface SentPrompt {
  readonly prompt: string;
  readonly phrases: readonly SentPhrase[];
}

/**
 * NFC, every run of spaces and control characters as one space, none at the ends: what the contract's `text` makes of
 * it. Done here too, because the spans of a request must fit the text that the host will store.
 */
export function normalisePrompt(document: PromptDocument): SentPrompt {
  const prompt = plain(document.text);
  const place = (offset: number): number =>
    Math.min(prompt.length, collapse(document.text.slice(0, offset)).replace(/^ /, '').length);
  return {
    prompt,
    phrases: document.chips.map((chip) => ({
      chip,
      phrase: plain(phraseOf(document, chip)),
      span: [place(chip.begin), place(chip.end)],
    })),
  };
}

function collapse(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ');
}

function plain(text: string): string {
  return collapse(text).trim();
}
