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

/** The link of the desktop window. The host end lives as long as the window, so only this side closes it. */
export function electronLink(preload: PreloadLink): Link {
  const core = linkCore();
  preload.onMessage(core.receive);
  return {
    send(bytes) {
      core.assertOpen();
      preload.send(bytes);
    },
    onMessage: core.onMessage,
    onClose: core.onClose,
    close(reason) {
      core.closed(reason);
    },
  };
}
