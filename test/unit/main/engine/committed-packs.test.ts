/** Every pack of this repository: whole, understood, and every part agreeing with PyTorch's numbers on the CPU. */
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { PackPartName } from '../../../../contract/index.ts';
import { contrastCotangent } from '../../../../main/engine/gradient/contrast.ts';
import { openPack } from '../../../../main/engine/pack.ts';
import { readSafetensors } from '../../../../main/engine/safetensors.ts';
import { makePacks } from '../../../../main/services/packs/index.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const folders = ['models', 'test/golden/packs'].map((f) => `${root}/${f}`);
const ids = folders.flatMap((folder) =>
  globSync(`${folder}/*/manifest.json`).map(
    (path) => (JSON.parse(readFileSync(path, 'utf8')) as { id: string }).id,
  ),
);

/** What a pack of another domain than the first has words for. */
const SENTENCES = new Map<string | undefined, string>([
  ['scenes', 'two orange foxes and a pair of red cars under a pine tree'],
]);

describe('the packs of this repository', () => {
  it('are there', () => {
    expect(ids).toEqual(expect.arrayContaining(['accent-first', 'accent-scenes', 'tiny']));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(ids)(
    '%s has its files, its card, and golden data for every graph',
    async (id) => {
      const { folder, manifest } = await makePacks(folders).get(id);
      expect(readFileSync(`${folder}/${manifest.card.file}`, 'utf8')).toMatch(/\S/);
      expect(dirname(folder)).toMatch(/models$|packs$/);
      const pack = openPack(folder, manifest, { threads: 2, order: ['cpu'], native: false });
      const graphs = (Object.keys(manifest.parts) as PackPartName[]).filter((p) =>
        manifest.parts[p]?.file.endsWith('.onnx'),
      );
      expect(graphs.length).toBeGreaterThanOrEqual(4);
      for (const part of graphs) {
        const { goldenError } = await pack.inspect(part);
        expect({ part, goldenError }).toEqual({ part, goldenError: expect.any(Number) as number });
        expect(goldenError).toBeLessThanOrEqual(1);
      }
      const contrast = await pack.contrast();
      if (contrast) {
        const golden = readSafetensors(readFileSync(`${folder}/${manifest.golden.file}`)).tensors;
        const [, k = 0, dims = 0] = golden.get('contrast.in.references')?.shape ?? [];
        const all = golden.get('contrast.in.references')?.data as Float32Array;
        const references = Array.from({ length: k }, (_, j) => ({
          weight: 1,
          embedding: all.subarray(j * dims, (j + 1) * dims),
        }));
        const wanted = golden.get('contrast.out.direction')?.data as Float32Array;
        contrastCotangent([{ weight: 1, references }], contrast).forEach((d, i) => {
          expect(d).toBeCloseTo(wanted[i] as number, 5);
        });
      }
      const sentence = SENTENCES.get(manifest.domain) ?? 'a person with a full beard';
      expect((await pack.tokenizer()).tokenize(sentence, manifest.text.maxTokens).unknown).toEqual([]);
      await pack.close();
      // Real networks, several runs each: a busy machine takes its time.
    },
    180_000,
  );
});
