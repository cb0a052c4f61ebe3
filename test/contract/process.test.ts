import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { AppError, connect } from '../../contract/index.ts';
import { processLink } from '../../main/link/index.ts';
import { suiteContract } from './suite-contract.ts';
import { linkSuite } from './suite.ts';
import type { Look } from './suite.ts';

const CHILD = fileURLToPath(new URL('./process-child.ts', import.meta.url));

function start(lost?: () => AppError) {
  const child = fork(CHILD, [], {
    serialization: 'advanced',
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    child,
    near: processLink(child, lost),
    host: {
      async look(): Promise<Look> {
        stdin.write('look\n');
        return JSON.parse((await lines.next()).value as string) as Look;
      },
      close: () => {
        stdin.write('close\n');
      },
    },
    async dispose() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

linkSuite('a child process', () => start());

it('ends pending calls with the reason of the loss when the child is killed', async () => {
  const started = start(() => new AppError('engine_lost', 'The engine died.'));
  const { child } = started;
  const client = connect(suiteContract, started.near);
  expect(await client.math.add({ a: 1 })).toBe(11);
  const hanging = client.trouble.hang({});
  child.kill('SIGKILL');
  await expect(hanging).rejects.toMatchObject({ code: 'engine_lost' });
  await expect(client.math.add({ a: 1 })).rejects.toMatchObject({ code: 'engine_lost' });
  if (child.exitCode === null && child.signalCode === null) await started.dispose();
});
