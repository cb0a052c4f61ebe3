/** What the kernel's benchmark sets its own times beside: PyTorch, onnxruntime, the sampler's step, peak memory. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession } from 'onnxruntime-node';
import { encoderModel } from './kernel-onnx.ts';
import type { Shape, Weights } from './kernel-onnx.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The Python of ACCENT_PYTHON or of the studio's own environment; null where it has no PyTorch. */
export function findPython(): string | null {
  const cache = process.env.ACCENT_CACHE ?? join(homedir(), '.cache', 'accent');
  const python = process.env.ACCENT_PYTHON ?? join(cache, 'venv', 'bin', 'python');
  return existsSync(python) && spawnSync(python, ['-c', 'import torch']).status === 0 ? python : null;
}

export interface Torch {
  /** Seconds, the best. */
  readonly vjp: number;
  readonly forward: number;
  readonly rssMiB: number;
  readonly isa: string;
  readonly version: string;
}

/** Variables that hold PyTorch, oneDNN and MKL to the instruction set of a kernel path. */
function heldTo(path: string): Record<string, string> {
  return path === 'avx2'
    ? { ATEN_CPU_CAPABILITY: 'avx2', ONEDNN_MAX_CPU_ISA: 'AVX2', MKL_ENABLE_INSTRUCTIONS: 'AVX2' }
    : {};
}

/** PyTorch's forward and VJP with frozen parameters, in a process of its own. */
export function timeTorch(
  python: string | null,
  shape: Shape,
  options: { readonly threads: number; readonly times: number; readonly path: string },
): Torch | null {
  if (!python) return null;
  const { threads, times, path } = options;
  const args = [here('kernel_torch.py'), JSON.stringify(shape), String(threads), String(times)];
  const run = spawnSync(python, args, { encoding: 'utf8', env: { ...process.env, ...heldTo(path) } });
  if (run.status !== 0) throw new Error(`PyTorch failed: ${run.stderr.slice(-500)}`);
  return JSON.parse(run.stdout) as Torch;
}

/** The same encoder in onnxruntime's CPU provider. */
export async function ortSession(shape: Shape, weights: Weights, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(encoderModel(shape, weights), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
}

/** Runs a script of this folder under this Node; the object in its last line, or null with the reason. */
function lastLine(script: string, args: readonly string[]): { value: unknown } | { reason: string } {
  const run = spawnSync(process.execPath, [here(script), ...args], { encoding: 'utf8' });
  if (run.status !== 0) return { reason: run.stderr.trim().split('\n').at(-1) ?? `${script} failed` };
  return { value: JSON.parse(run.stdout.trim().split('\n').at(-1) ?? 'null') as unknown };
}

/** Peak memory in MiB of a process that loads the weights file and takes one VJP. */
export function kernelRss(file: string, threads: number, checkpoint: boolean): number | null {
  const run = lastLine('kernel-rss.ts', [file, String(threads), String(checkpoint)]);
  return 'value' in run ? (run.value as { rssMiB: number }).rssMiB : null;
}

export interface StepFigures {
  readonly refinedOverCoarse: number;
  readonly valid: boolean;
  readonly coarse: unknown;
  readonly refined: unknown;
}

/** A guided refined step over a guided coarse one of the embedded pack: test/bench/step.ts, fewer steps and rounds. */
export function stepFigures(): { value: StepFigures } | { reason: string } {
  const run = lastLine('step.ts', ['--guidance=3', '--steps=10', '--rounds=3']);
  return 'value' in run ? { value: run.value as StepFigures } : run;
}
