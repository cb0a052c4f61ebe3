/** The encoders that the kernel's benchmark times: shapes, weights of random numbers, counted operations. */
import { uniform } from '../native/support.ts';
import type { Shape, Weights } from './kernel-onnx.ts';

export const MODELS: Readonly<Record<string, Shape>> = {
  pack: { size: 64, patch: 8, width: 192, layers: 5, heads: 3, mlp: 768, dims: 192 },
  b32: { size: 224, patch: 32, width: 768, layers: 12, heads: 12, mlp: 3072, dims: 512 },
  b16: { size: 224, patch: 16, width: 768, layers: 12, heads: 12, mlp: 3072, dims: 512 },
  l14: { size: 224, patch: 14, width: 1024, layers: 24, heads: 16, mlp: 4096, dims: 768 },
  'l14-336': { size: 336, patch: 14, width: 1024, layers: 24, heads: 16, mlp: 4096, dims: 768 },
};

/** Random weights under Hugging Face's names: one block of numbers over and over, since only the time counts. */
export function makeWeights({ width: d, mlp: m, size, patch: p, layers, dims }: Shape): Weights {
  const block = uniform(1, 1 << 20);
  const out = new Map<string, { shape: number[]; data: Float32Array }>();
  const put = (name: string, shape: number[], scale: number, offset = 0): void => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (block[i & 0xfffff] ?? 0) * scale + offset;
    out.set(name, { shape, data });
  };
  const pair = (name: string, shape: number[], scale: number, offset = 0): void => {
    put(`${name}.weight`, shape, scale, offset);
    put(`${name}.bias`, [shape[0] ?? 0], 0.1);
  };
  const v = 'vision_model.';
  put(`${v}embeddings.class_embedding`, [d], 1);
  put(`${v}embeddings.patch_embedding.weight`, [d, 3, p, p], 2 / Math.sqrt(3 * p * p));
  put(`${v}embeddings.position_embedding.weight`, [(size / p) ** 2 + 1, d], 0.5);
  pair(`${v}pre_layrnorm`, [d], 0.25, 1);
  pair(`${v}post_layernorm`, [d], 0.25, 1);
  for (let i = 0; i < layers; i++) {
    const b = `${v}encoder.layers.${i}.`;
    pair(`${b}layer_norm1`, [d], 0.25, 1);
    pair(`${b}layer_norm2`, [d], 0.25, 1);
    for (const name of ['q', 'k', 'v', 'out']) pair(`${b}self_attn.${name}_proj`, [d, d], 1.5 / Math.sqrt(d));
    pair(`${b}mlp.fc1`, [m, d], 1.5 / Math.sqrt(d));
    pair(`${b}mlp.fc2`, [d, m], 1.5 / Math.sqrt(m));
  }
  put('visual_projection.weight', [dims, d], 1 / Math.sqrt(d));
  return out;
}

/** Floating point operations (2 a multiply-add) of what the kernel does: keys and values of the last block only. */
export function operations({ size, patch, width: d, layers, mlp: m, dims }: Shape): {
  forward: number;
  vjp: number;
} {
  const n = (size / patch) ** 2 + 1;
  const linear = 2 * d * (4 * d + 2 * m);
  const patches = 2 * (n - 1) * 3 * patch * patch * d;
  const dense = patches + (layers - 1) * n * linear + 4 * n * d * d + 2 * d * (2 * d + 2 * m) + 2 * d * dims;
  const attention = (layers - 1) * 4 * n * n * d + 4 * n * d;
  return { forward: dense + attention, vjp: 2 * dense + 3 * attention };
}
