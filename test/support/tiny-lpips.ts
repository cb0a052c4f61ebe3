/** A stand-in for the LPIPS graph, of a few hundred bytes: the mean squared difference of two pictures. */
import { writeFileSync } from 'node:fs';
import { constant, model, node } from './tiny-pack-onnx.ts';

export interface TinyLpipsOptions {
  /** Multiplies the differences, so that graphs differ; 0 gives one that is no distance. */
  readonly scale?: number;
  /** Names of the two inputs. */
  readonly inputs?: readonly [string, string];
}

/** Writes the graph: inputs [n, 3, height, width] in -1 .. 1, output "distance" [n]. */
export function writeTinyLpips(
  path: string,
  { scale = 1, inputs = ['a', 'b'] }: TinyLpipsOptions = {},
): string {
  const graph = model(
    [
      node('Sub', inputs, 'gap'),
      node('Mul', ['gap', 'gap'], 'square'),
      node('ReduceMean', ['square', 'axes'], 'mean', { keepdims: 0 }),
      node('Mul', ['mean', 'scale'], 'distance'),
    ],
    [constant('axes', [3], BigInt64Array.from([1n, 2n, 3n])), constant('scale', [1], Float32Array.of(scale))],
    inputs.map((name) => ({ name, type: 'float', shape: ['batch', 3, 'height', 'width'] })),
    [{ name: 'distance', type: 'float', shape: ['batch'] }],
  );
  writeFileSync(path, graph);
  return path;
}
