/** Which words of a sentence a pack's text encoder does not know, and where it stops to read. No network runs for it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { because } from '#contract';
import type { PackId, StudioServices } from '#contract';
import type { Tokenizer } from '../../engine/index.ts';
import type { InstalledPack, PacksService } from './index.ts';

export interface CheckTextOptions {
  readonly packs: Pick<PacksService, 'list' | 'get'>;
  /** Builds a tokenizer from the text of `tokenizer.json`. */
  readonly tokenizer: (json: string) => Tokenizer;
  /** The pack that the user chose for good; null when none was. */
  readonly preferred: () => Promise<PackId | null>;
}

/**
 * `packs.checkText` in the host's own process, so that an engine in the middle of a job does not delay it. A tokenizer is
 * read once. Throws `not_found` without such a pack, and what checking its files throws.
 */
export function makeCheckText({
  packs,
  tokenizer,
  preferred,
}: CheckTextOptions): StudioServices['packs']['checkText'] {
  const read = new WeakMap<InstalledPack, Promise<Tokenizer>>();

  function tokenizerOf(pack: InstalledPack): Promise<Tokenizer> {
    let reading = read.get(pack);
    if (!reading) {
      reading = readFile(join(pack.folder, pack.manifest.parts.tokenizer.file), 'utf8').then(tokenizer);
      read.set(pack, reading);
      reading.catch(() => read.delete(pack));
    }
    return reading;
  }

  async function chosen(): Promise<PackId> {
    const set = await preferred();
    if (set !== null) return set;
    const first = (await packs.list()).packs.find((p) => p.role === 'generation');
    if (first) return first.packId;
    throw because('no_generating_pack', {});
  }

  return async ({ text, packId }) => {
    const pack = await packs.get(packId ?? (await chosen()));
    const { cutAt, unknown } = (await tokenizerOf(pack)).tokenize(text, pack.manifest.text.maxTokens);
    return {
      cutAt,
      unknown: unknown.map(([start, end]) => ({ start, end, word: text.slice(start, end) })),
    };
  };
}
