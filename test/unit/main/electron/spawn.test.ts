import { describe, expect, it } from 'vitest';
import type * as Electron from 'electron';
import { AppError } from '../../../../contract/index.ts';
import type { CloseReason } from '../../../../contract/index.ts';
import { utilitySpawn } from '../../../../main/electron/spawn.ts';
import { parentChannel, processLink } from '../../../../main/link/index.ts';
import { EventEmitter } from 'node:events';
import { FakeChild } from './fake-electron.ts';

function start() {
  const child = new FakeChild();
  const forks: unknown[] = [];
  const killed: number[] = [];
  const spawn = utilitySpawn(
    (file, args, options) => {
      forks.push([file, args, options]);
      return child as unknown as Electron.UtilityProcess;
    },
    'out',
    (pid) => killed.push(pid),
  );
  const handle = spawn('engine', () => new AppError('engine_lost', 'The engine died.'));
  return { child, forks, killed, handle };
}

describe('utility processes', () => {
  it('start the built entry by name', () => {
    expect(start().forks).toEqual([
      [expect.stringMatching(/^out.engine\.js$/), [], { serviceName: 'studio engine', stdio: 'ignore' }],
    ]);
  });

  it('carry bytes both ways and nothing else', async () => {
    const { child, handle } = start();
    const got: number[] = [];
    handle.link.onMessage((bytes) => got.push(...bytes));
    child.emit('message', Uint8Array.of(1, 2));
    child.emit('message', 'text');
    await handle.link.send(Uint8Array.of(3));
    expect(got).toEqual([1, 2]);
    expect(child.sent).toEqual([Uint8Array.of(3)]);
  });

  it('tell why the link closed when they die', async () => {
    const { child, handle } = start();
    let reason: CloseReason;
    handle.link.onClose((given) => (reason = given));
    child.emit('exit', 9);
    await handle.ended;
    expect(reason?.code).toBe('engine_lost');
    expect(() => handle.link.send(Uint8Array.of(1))).toThrow('The engine died.');
  });

  it('end when the link is closed, without a reason of loss', async () => {
    const { handle } = start();
    let reason: CloseReason | 'none' = 'none';
    handle.link.onClose((given) => (reason = given));
    handle.link.close();
    await handle.ended;
    expect(reason).toBeUndefined();
  });

  it('are killed hard, since a hang in native code hears no request', () => {
    const { child, killed, handle } = start();
    handle.kill();
    expect(killed).toEqual([4242]);
    child.pid = undefined;
    let exits = 0;
    child.on('exit', () => exits++);
    handle.kill();
    expect(exits).toBe(1);
  });
});

describe('parentChannel', () => {
  it("finds Electron's port in the child", async () => {
    const port = Object.assign(new EventEmitter(), {
      sent: [] as unknown[],
      postMessage(message: unknown) {
        this.sent.push(message);
      },
    });
    const link = processLink(parentChannel({ parentPort: port, on: () => undefined }));
    const got: number[] = [];
    link.onMessage((bytes) => got.push(...bytes));
    port.emit('message', { data: Uint8Array.of(5) });
    await link.send(Uint8Array.of(6));
    expect([got, port.sent]).toEqual([[5], [Uint8Array.of(6)]]);
  });

  it('says what to do when the program was started by hand', () => {
    expect(() => parentChannel({ on: () => undefined })).toThrow(/npm start/);
  });
});
