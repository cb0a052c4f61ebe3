/** Child processes that open catalogs: started, counted, killed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./host-store-child.ts', import.meta.url));
const children: ChildProcess[] = [];

export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Starts `host-store-child.ts`; `line` is its first line of output. */
export function startStoreChild(...args: string[]): {
  child: ChildProcess;
  line: Promise<string>;
  ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  let output = '';
  const line = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve(output);
    });
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (_, signal) => {
      resolve({ signal, output });
    });
  });
  return { child, line, ended };
}

/** For `afterAll`: no child outlives its test. */
export function killStoreChildren(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL');
}

/** Runs `work` on each item, a few at a time. */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}
