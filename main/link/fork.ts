/** Child processes of plain Node (serve, command line, tests): fork with bytes on the channel. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AppError } from '#contract';
import type { ChildHandle, Spawn } from './child.ts';
import { processLink } from './process-link.ts';

export function forkSpawn(environment: Readonly<Record<string, string>> = {}): Spawn {
  return (entry: 'engine' | 'decode', lost: () => AppError): ChildHandle => {
    const child = fork(fileURLToPath(new URL(`../${entry}/main.ts`, import.meta.url)), [], {
      serialization: 'advanced',
      // The runtimes print probes of missing GPUs; `doctor` says the same in words. ACCENT_DEBUG shows the raw lines.
      stdio: ['ignore', 'ignore', process.env['ACCENT_DEBUG'] ? 'inherit' : 'ignore', 'ipc'],
      execArgv: [],
      env: { ...process.env, ...environment },
    });
    const link = processLink(child, lost);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      // No memory, no process numbers, no program: it never began, and an unheard 'error' would end the host.
      child.on('error', () => {
        if (child.pid !== undefined) return;
        link.close(lost());
        resolve();
      });
    });
    return {
      link,
      kill: () => {
        child.kill('SIGKILL');
      },
      ended,
    };
  };
}
