/** An attribute reader of a few hundred bytes: 8 x 8 pictures, one group "colour" by the means of the channels. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constant, model, node } from './tiny-pack-onnx.ts';
import { SIZE, safetensors } from './tiny-pack.ts';

export interface TinyReaderOptions {
  /** Names the set of prompts that the reference features belong to. */
  readonly split?: string;
  /** Absent: that of the first packs. */
  readonly domain?: string;
  /** Weight of the channels in the logits: how sure it is. */
  readonly sharp?: number;
}

/** Writes a reader; its features are the three means, its logits red, green, blue and a constant 0 for "none". */
export function writeTinyReader(
  folder: string,
  { split = 'validation', domain, sharp = 40 }: TinyReaderOptions = {},
) {
  mkdirSync(folder, { recursive: true });
  const columns = Float32Array.from([sharp, 0, 0, 0, 0, sharp, 0, 0, 0, 0, sharp, 0]);
  const graph = model(
    [
      node('ReduceMean', ['image', 'axes'], 'features', { keepdims: 0 }),
      node('MatMul', ['features', 'columns'], 'logits'),
    ],
    [constant('axes', [2], BigInt64Array.from([2n, 3n])), constant('columns', [3, 4], columns)],
    [{ name: 'image', type: 'float', shape: ['batch', 3, SIZE, SIZE] }],
    [
      { name: 'logits', type: 'float', shape: ['batch', 4] },
      { name: 'features', type: 'float', shape: ['batch', 3] },
    ],
  );
  const real = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7) * 0.5);
  const files = {
    'reader.onnx': graph,
    'features.safetensors': safetensors({ features: { shape: [20, 3], data: real } }),
  };
  const entry = (file: keyof typeof files) => ({
    file,
    bytes: files[file].length,
    sha256: createHash('sha256').update(files[file]).digest('hex'),
  });
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(folder, file), bytes);
  const manifest = {
    format: 'accent-reader',
    schema: 1,
    id: 'tiny-reader',
    version: '1.0.0',
    ...(domain === undefined ? {} : { domain }),
    size: SIZE,
    threshold: 0.6,
    groups: [{ id: 'colour', values: ['red', 'green', 'blue'] }],
    features: { name: 'channel means', dims: 3 },
    model: entry('reader.onnx'),
    references: [{ ...entry('features.safetensors'), split, images: 20 }],
    accuracy: [
      { split: 'validation', images: 'renders', count: 20, details: 0.9, unsure: 0.05, falselyShown: 0.01 },
    ],
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return { folder, manifest };
}
