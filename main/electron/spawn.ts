/** Child processes under Electron: `fork` needs the `runAsNode` fuse, which is off, so they are utility processes. */
import { join } from 'node:path';
import type { UtilityProcess } from 'electron';
import { processLink } from '../link/index.ts';
import type { Channel, Spawn } from '../link/index.ts';

type Fork = (
  file: string,
  args: string[],
  options: { serviceName: string; stdio: 'ignore' },
) => UtilityProcess;

/** `folder` holds the built entries engine.js and decode.js. */
export function utilitySpawn(
  fork: Fork,
  folder: string,
  killHard: (pid: number) => void = (pid) => {
    process.kill(pid, 'SIGKILL');
  },
): Spawn {
  return (entry, lost) => {
    const child = fork(join(folder, `${entry}.js`), [], { serviceName: `studio ${entry}`, stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
    return {
      link: processLink(utilityChannel(child), lost),
      kill: () => {
        // Electron's own kill() asks; a process that hangs in a native call does not hear it.
        if (child.pid === undefined) child.kill();
        else killHard(child.pid);
      },
      ended,
    };
  };
}

/** A utility process has no channel that could be closed apart from itself: to disconnect is to end it. */
function utilityChannel(child: UtilityProcess): Channel {
  let connected = true;
  child.once('exit', () => {
    connected = false;
  });
  return {
    get connected() {
      return connected;
    },
    send(message, callback) {
      if (connected) child.postMessage(message);
      callback(connected ? null : new Error('The process has ended.'));
      return connected;
    },
    on(event: 'message' | 'disconnect', listener: (message?: unknown) => void) {
      if (event === 'message') child.on('message', listener);
      else
        child.once('exit', () => {
          listener();
        });
      return child;
    },
    disconnect() {
      child.kill();
    },
  };
}
