import { InferenceSession, Tensor } from 'onnxruntime-node';

/** onnxruntime's names of the execution providers, in our order of preference by platform. */
export type Provider = 'cuda' | 'webgpu' | 'dml' | 'coreml' | 'cpu';

export function providerOrder(platform: NodeJS.Platform): Provider[] {
  if (platform === 'win32') return ['cuda', 'webgpu', 'dml', 'cpu'];
  if (platform === 'darwin') return ['webgpu', 'coreml', 'cpu'];
  return ['cuda', 'webgpu', 'cpu'];
}

export interface OrtSession {
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  readonly inputs: readonly string[];
  release(): Promise<void>;
}

/** Opens a session from bytes (a graph in memory cannot name external files). Throws onnxruntime's own error. */
export async function openSession(
  bytes: Uint8Array,
  provider: Provider,
  threads: number,
): Promise<OrtSession> {
  const session = await InferenceSession.create(bytes, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Its threads wait for work by looking for it. They stop when a call ends: the gradient kernel comes next, on the
    // same cores, and took twice its time beside them.
    extra: { session: { force_spinning_stop: '1' } },
  });
  return {
    run: async (inputs) => await session.run(inputs),
    inputs: session.inputNames,
    release: () => session.release(),
  };
}

export const floats = (data: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', data, [...shape]);
export const longs = (data: BigInt64Array, shape: readonly number[]): Tensor =>
  new Tensor('int64', data, [...shape]);

/** The named output as float32; an error that names it when the graph has another signature. */
export function output(outputs: Record<string, Tensor>, name: string): Float32Array {
  const found = outputs[name];
  if (!found || !(found.data instanceof Float32Array))
    throw new Error(
      `the graph gives no float32 output "${name}" (it gives ${Object.keys(outputs).join(', ')})`,
    );
  return found.data;
}
