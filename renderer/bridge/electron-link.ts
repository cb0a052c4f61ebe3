import { linkCore } from '#contract';
import type { Link } from '#contract';

/** What the desktop window's preload script exposes as `window.link`: bytes out, bytes in, nothing else. */
export interface PreloadLink {
  send(bytes: Uint8Array): void;
  onMessage(handler: (bytes: Uint8Array) => void): void;
}

declare global {
  interface Window {
    readonly link?: PreloadLink;
  }
}

/** The link of the desktop window. No frame is empty: an empty message says that the other end closed. */
export function electronLink(preload: PreloadLink): Link {
  const core = linkCore();
  preload.onMessage((bytes) => {
    if (bytes.byteLength === 0) core.closed(undefined);
    else core.receive(bytes);
  });
  return {
    send(bytes) {
      core.assertOpen();
      preload.send(bytes);
    },
    onMessage: core.onMessage,
    onClose: core.onClose,
    close(reason) {
      if (core.closed(reason)) preload.send(new Uint8Array());
    },
  };
}
