import { AppError, toAppError } from './errors.ts';

/** Why a link closed; absent when somebody closed it in the ordinary way. */
export type CloseReason = AppError | undefined;

/**
 * Moves frames (bytes) between two sides, in order, each at most once, and nothing else.
 * Every implementation passes test/contract/suite.ts.
 */
export interface Link {
  /**
   * Sends one frame. May return a promise that resolves when the other side can take more (back-pressure).
   * Throws (or rejects with) `link_closed` once the link is closed. The bytes must not be changed afterwards.
   */
  send(bytes: Uint8Array): void | Promise<void>;
  /** Sets the one receiver. Frames that came before are kept and handed over first. */
  onMessage(handler: (bytes: Uint8Array) => void): void;
  /** Adds a close listener; it is called once, also when the link is closed already. */
  onClose(handler: (reason: CloseReason) => void): void;
  /** Closes both directions. Closing twice is harmless. */
  close(reason?: AppError): void;
}

/** The parts that every link needs and that have nothing to do with its transport. */
export interface LinkCore {
  /** Hands a received frame to the receiver, or keeps it until there is one. */
  receive(bytes: Uint8Array): void;
  /** Marks the link closed and tells the listeners. Returns false when it was closed already. */
  closed(reason: CloseReason): boolean;
  isClosed(): boolean;
  /** Throws `link_closed` when the link is closed. */
  assertOpen(): void;
  readonly onMessage: Link['onMessage'];
  readonly onClose: Link['onClose'];
}

/** Receiver, backlog and close listeners, shared by all link implementations. */
export function linkCore(): LinkCore {
  let receiver: ((bytes: Uint8Array) => void) | undefined;
  let backlog: Uint8Array[] = [];
  let listeners: ((reason: CloseReason) => void)[] = [];
  let isClosed = false;
  let closeReason: CloseReason;
  return {
    receive(bytes) {
      if (isClosed) return;
      if (receiver) receiver(bytes);
      else backlog.push(bytes);
    },
    closed(reason) {
      if (isClosed) return false;
      isClosed = true;
      closeReason = reason;
      backlog = [];
      const told = listeners;
      listeners = [];
      for (const listener of told) listener(reason);
      return true;
    },
    isClosed: () => isClosed,
    assertOpen() {
      if (isClosed) throw closeReason ?? linkClosedError();
    },
    onMessage(handler) {
      receiver = handler;
      const waiting = backlog;
      backlog = [];
      for (const bytes of waiting) handler(bytes);
    },
    onClose(handler) {
      if (isClosed) handler(closeReason);
      else listeners.push(handler);
    },
  };
}

/** The error of a call whose link is gone. */
export function linkClosedError(cause?: unknown): AppError {
  return cause === undefined
    ? new AppError(
        'link_closed',
        'The connection to the studio is closed. Open it again and repeat the request.',
      )
    : toAppError(cause, 'link_closed');
}

/**
 * Two ends of a link inside one process, for tests and for the command line. Frames arrive asynchronously
 * (in a later microtask), as they do on every other link.
 */
export function memoryPair(): [Link, Link] {
  const left = linkCore();
  const right = linkCore();
  const close = (reason?: AppError): void => {
    left.closed(reason);
    right.closed(reason);
  };
  return [memoryEnd(left, right, close), memoryEnd(right, left, close)];
}

function memoryEnd(own: LinkCore, other: LinkCore, close: (reason?: AppError) => void): Link {
  return {
    send(bytes) {
      own.assertOpen();
      void Promise.resolve().then(() => {
        other.receive(bytes);
      });
    },
    onMessage: own.onMessage,
    onClose: own.onClose,
    close,
  };
}
