/** The ports over onnxruntime sessions; names and shapes as docs/pack-format.md has them. */
import type { Denoiser, GradientKernel, ImageEncoder, Prior, TextEncoder, Upscaler } from '../../ports.ts';
import { floats, longs, output } from './session.ts';
import type { OrtSession } from './session.ts';

export interface Shape {
  readonly size: number;
  readonly dims: number;
  readonly references: number;
}

export function ortDenoiser(session: OrtSession, shape: Shape, channels: 3 | 6): Denoiser {
  const pixels = 3 * shape.size ** 2;
  const tokens = 1 + shape.references;
  const image = [3, shape.size, shape.size];
  return {
    channels,
    async predict(x, t, branches) {
      const b = branches.length;
      const images = new Float32Array(b * pixels);
      const gradients = new Float32Array(b * pixels);
      const condition = new Float32Array(b * tokens * shape.dims);
      const mask = new Float32Array(b * tokens);
      if (x.length === images.length) images.set(x);
      else for (let i = 0; i < b; i++) images.set(x, i * pixels);
      branches.forEach((branch, i) => {
        if (branch.gradient) gradients.set(branch.gradient, i * pixels);
        condition.set(branch.condition.tokens, i * tokens * shape.dims);
        mask.set(branch.condition.mask, i * tokens);
      });
      const out = output(
        await session.run({
          x: floats(images, [b, ...image]),
          ...(channels === 6 ? { gradient: floats(gradients, [b, ...image]) } : {}),
          t: floats(new Float32Array(b).fill(t), [b]),
          condition: floats(condition, [b, tokens, shape.dims]),
          mask: floats(mask, [b, tokens]),
        }),
        'x0',
      );
      return branches.map((_, i) => out.subarray(i * pixels, (i + 1) * pixels));
    },
  };
}

export function ortImageEncoder(session: OrtSession, shape: Shape): ImageEncoder {
  return {
    embed: async (images, n) =>
      output(await session.run({ image: floats(images, [n, 3, shape.size, shape.size]) }), 'embedding'),
  };
}

export function ortGradientKernel(session: OrtSession, shape: Shape): GradientKernel {
  return {
    async vjp(image, cotangent) {
      const n = cotangent.length / shape.dims;
      const outputs = await session.run({
        image: floats(image, [n, 3, shape.size, shape.size]),
        cotangent: floats(cotangent, [n, 1, shape.dims]),
      });
      return { gradient: output(outputs, 'gradient'), embedding: output(outputs, 'embedding') };
    },
  };
}

export function ortTextEncoder(session: OrtSession): TextEncoder {
  return {
    async embed(tokens) {
      const ids = BigInt64Array.from(tokens, BigInt);
      const outputs = await session.run({
        tokens: longs(ids, [1, ids.length]),
        mask: longs(new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
      });
      return output(outputs, 'embedding');
    },
  };
}

export function ortPrior(session: OrtSession, shape: Shape): Prior {
  return {
    predict: async (text) => output(await session.run({ text: floats(text, [1, shape.dims]) }), 'embedding'),
  };
}

export function ortUpscaler(session: OrtSession, shape: Shape): Upscaler {
  return {
    factor: 4,
    enlarge: async (image) =>
      output(await session.run({ image: floats(image, [1, 3, shape.size, shape.size]) }), 'enlarged'),
  };
}
