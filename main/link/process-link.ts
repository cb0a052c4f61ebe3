/** A link over Node's child-process channel. Frames travel as bytes (serialization `advanced` on both ends). */
import { AppError, linkCore } from '#contract';
import type { Link } from '#contract';

/** What a parent (ChildProcess) and a child (process) have in common. */
export interface Channel {
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  disconnect?(): void;
  connected?: boolean;
}

/** `lost` is the error with which pending calls end when the other process dies. */
export function processLink(channel: Channel, lost?: () => AppError): Link {
  const core = linkCore();
  channel.on('message', (message) => {
    if (message instanceof Uint8Array) core.receive(message);
  });
  channel.on('disconnect', () => {
    core.closed(lost?.());
  });
  return {
    send(bytes) {
      core.assertOpen();
      return new Promise<void>((resolve, reject) => {
        if (!channel.send) {
          reject(new AppError('link_closed', 'The process has no channel to its parent.'));
          return;
        }
        channel.send(bytes, (error) => {
          if (error) reject(new AppError('link_closed', 'The other process is gone.', { cause: error }));
          else resolve();
        });
      });
    },
    onMessage: core.onMessage,
    onClose: core.onClose,
    close(reason) {
      if (core.closed(reason) && channel.connected) channel.disconnect?.();
    },
  };
}
