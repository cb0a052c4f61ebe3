/** What the catalog's benchmarks share: times, memory of processes, and parts that run as processes of their own. */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { AppError } from '../../contract/index.ts';

export const p95 = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.ceil(times.length * 0.95) - 1)] as number;

export const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;

/** Milliseconds of a call. */
export function ms(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

/** Largest memory of this process so far, MiB. */
export const peakMiB = (): number => process.resourceUsage().maxRSS / 1024;

export interface Peaks {
  cli: number;
  engine: number;
  decode: number;
}

/** Largest memory so far of a studio's process and of its children, MiB. Zeroes where the system does not tell. */
export function peaksOf(pid: number): Peaks {
  const peaks = { cli: 0, engine: 0, decode: 0 };
  const peak = (p: number | string): number =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${p}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  try {
    peaks.cli = peak(pid);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    for (const child of children.split(' ').filter(Boolean)) {
      const runs = readFileSync(`/proc/${child}/cmdline`, 'utf8');
      for (const name of ['engine', 'decode'] as const)
        if (runs.includes(`/${name}/main`)) peaks[name] = peak(child);
    }
  } catch {
    // The process has just ended; what was seen before stays.
  }
  return peaks;
}

/** The larger of each. */
export const larger = (a: Peaks, b: Peaks): Peaks => ({
  cli: Math.max(a.cli, b.cli),
  engine: Math.max(a.engine, b.engine),
  decode: Math.max(a.decode, b.decode),
});

/** Runs a part in a process of its own, so that its memory is its own, and answers with what it sends. */
export function part<T>(file: string, options: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(file, import.meta.url), [JSON.stringify(options)], {
      execArgv: ['--max-old-space-size=6144'],
    });
    let answer: T | undefined;
    child.on('message', (message) => (answer = message as T));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0 && answer !== undefined) resolve(answer);
      else reject(new AppError('internal', `The part ${file} ended with ${code} and no answer.`));
    });
  });
}

/** What a part was asked for. */
export const asked = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** Sends a part's answer and ends it. */
export function answer(value: object): void {
  if (!process.send) process.stdout.write(`${JSON.stringify(value)}\n`);
  else process.send(value, () => process.disconnect());
}
