/** The four published CLIP shapes with seeded weights, checked against what PyTorch computed from the same seeds. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { fixture, kernel, uniform, writeTensors } from './support.ts';

interface Sample {
  readonly config: {
    size: number;
    patch: number;
    width: number;
    layers: number;
    mlp: number;
    heads: number;
    dims: number;
    act: string;
  };
  /** The first 64 numbers. */
  readonly embedding: number[];
  readonly gradient: { at: number[]; values: number[]; rms: number; max: number };
}

type Spec = [name: string, shape: number[], scale: number, offset: number];

/** Names, shapes, scale and offset in the order of their seeds 1, 2, 3, ...: `specs` of lab/fixtures.py. */
function* specs({ width: d, mlp: m, size, patch: p, layers, dims }: Sample['config']): Generator<Spec> {
  const n = (size / p) ** 2 + 1;
  const v = 'vision_model.';
  yield [`${v}embeddings.class_embedding`, [d], 1, 0];
  yield [`${v}embeddings.patch_embedding.weight`, [d, 3, p, p], 2 / Math.sqrt(3 * p * p), 0];
  yield [`${v}embeddings.position_embedding.weight`, [n, d], 0.5, 0];
  for (const name of ['pre_layrnorm', 'post_layernorm']) {
    yield [`${v}${name}.weight`, [d], 0.25, 1];
    yield [`${v}${name}.bias`, [d], 0.1, 0];
  }
  for (let i = 0; i < layers; i++) {
    const b = `${v}encoder.layers.${i}.`;
    for (const name of ['layer_norm1', 'layer_norm2']) {
      yield [`${b}${name}.weight`, [d], 0.25, 1];
      yield [`${b}${name}.bias`, [d], 0.1, 0];
    }
    for (const name of ['q', 'k', 'v', 'out']) {
      yield [`${b}self_attn.${name}_proj.weight`, [d, d], ('qk'.includes(name) ? 2 : 1.5) / Math.sqrt(d), 0];
      yield [`${b}self_attn.${name}_proj.bias`, [d], 0.1, 0];
    }
    yield [`${b}mlp.fc1.weight`, [m, d], 2 / Math.sqrt(d), 0];
    yield [`${b}mlp.fc1.bias`, [m], 0.1, 0];
    yield [`${b}mlp.fc2.weight`, [d, m], 1.5 / Math.sqrt(m), 0];
    yield [`${b}mlp.fc2.bias`, [d], 0.1, 0];
  }
  yield ['visual_projection.weight', [dims, d], 1 / Math.sqrt(d), 0];
}

export function readSample(name: string): Sample {
  return JSON.parse(readFileSync(fixture(`shape-${name}.json`), 'utf8')) as Sample;
}

/** The seeded weights as a safetensors file. */
export function seededWeights(config: Sample['config']): Uint8Array {
  const tensors = [...specs(config)].map(([name, shape, scale, offset], i) => {
    const data = uniform(
      i + 1,
      shape.reduce((a, b) => a * b, 1),
    );
    const s = Math.fround(scale);
    for (let j = 0; j < data.length; j++) data[j] = Math.fround((data[j] ?? 0) * s) + offset;
    return [name, { shape, data }] as const;
  });
  return writeTensors(tensors, { hidden_act: config.act, num_attention_heads: String(config.heads) });
}

/** Forward within 2e-5, gradient within 1e-4 of its own largest value. */
export async function checkShape(name: string): Promise<void> {
  const sample = readSample(name);
  const { config } = sample;
  const encoder = await kernel().loadEncoder(seededWeights(config));
  const image = uniform(1001, 3 * config.size ** 2);
  const { embedding, gradients } = await encoder.vjp(image, uniform(1002, config.dims));
  sample.embedding.forEach((value, i) => expect(Math.abs((embedding[i] ?? NaN) - value)).toBeLessThan(2e-5));
  const { at, values, rms, max } = sample.gradient;
  at.forEach((where, i) => {
    expect(Math.abs((gradients[where] ?? NaN) - (values[i] ?? NaN))).toBeLessThan(1e-4 * max);
  });
  const squares = gradients.reduce((sum, value) => sum + value * value, 0);
  expect(Math.abs(Math.sqrt(squares / gradients.length) / rms - 1)).toBeLessThan(1e-4);
  encoder.close();
}
