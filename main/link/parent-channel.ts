/** The channel of a child process to whoever started it: `child_process.fork`, or Electron's `utilityProcess`. */
import { AppError } from '#contract';
import type { Channel } from './process-link.ts';

/** As much of Electron's `process.parentPort` as is used. */
export interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
}

/** Throws `link_closed` when nobody started this process with a channel. */
export function parentChannel(
  child: Channel & { readonly parentPort?: ParentPort | undefined } = process,
): Channel {
  const port = child.parentPort;
  if (port) return portChannel(port);
  if (child.send) return child;
  throw new AppError(
    'link_closed',
    'This program is a part of the studio and is started by it, not by itself. Use "npm start".',
  );
}

/** Electron ends the child together with its parent, so there is no disconnect to hear of. */
function portChannel(port: ParentPort): Channel {
  return {
    send(message, callback) {
      port.postMessage(message);
      callback(null);
      return true;
    },
    on(event: 'message' | 'disconnect', listener: (message?: unknown) => void) {
      if (event === 'message') {
        port.on('message', ({ data }) => {
          listener(data);
        });
      }
      return port;
    },
  };
}
