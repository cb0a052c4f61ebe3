/** What a user is told of words that the text encoder cannot use. */
import type { CheckTextResponse, StudioServices } from '#contract';

const quoted = (words: readonly string[]): string =>
  [...new Set(words)].map((word) => `"${word}"`).join(', ');

/** Lines that name unknown words, and the end of the sentence that is not read; none when there is nothing to say. */
export function textWarnings(text: string, { cutAt, unknown }: CheckTextResponse): string[] {
  const lines: string[] = [];
  if (unknown.length > 0) {
    const words = unknown.map(({ word }) => word);
    lines.push(
      `The pack does not know ${quoted(words)}; ${new Set(words).size === 1 ? 'this word says' : 'these words say'} nothing to it.`,
    );
  }
  if (cutAt !== null)
    lines.push(`The sentence is too long for the pack; it does not read "${text.slice(cutAt).trim()}".`);
  return lines;
}

/** The warnings of a sentence and of phrases that do not stand in it, each once. */
export async function checkTexts(
  services: StudioServices,
  packId: string,
  prompt: string,
  phrases: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const lower = prompt.toLowerCase();
  const lines: string[] = [];
  for (const text of [prompt, ...phrases.filter((p) => !lower.includes(p.toLowerCase()))])
    lines.push(...textWarnings(text, await services.packs.checkText({ text, packId }, { signal })));
  return [...new Set(lines)];
}
