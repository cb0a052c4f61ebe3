import { AppError, isErrorCode } from './errors.ts';
import type { ErrorCode, ErrorDetails } from './errors.ts';

/** From caller to host. `method` is `service.method`. */
export type UpFrame =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly input: unknown }
  | { readonly type: 'cancel'; readonly id: number };

/** From host to caller: `next` only for streams, then exactly one `ok` or `err`. */
export type DownFrame =
  | { readonly type: 'next'; readonly id: number; readonly value: unknown }
  | { readonly type: 'ok'; readonly id: number; readonly value?: unknown }
  | {
      readonly type: 'err';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details?: ErrorDetails | undefined;
    };

export type Frame = UpFrame | DownFrame;

/** Checks a decoded frame that came up to a host. Throws `bad_frame`. */
export function readUpFrame(value: unknown): UpFrame {
  const frame = readFrame(value);
  if (frame.type === 'cancel') return { type: 'cancel', id: frame.id };
  if (frame.type === 'call' && typeof frame.method === 'string') {
    return { type: 'call', id: frame.id, method: frame.method, input: frame.input };
  }
  throw badFrame('a call with a method name, or a cancel');
}

/** Checks a decoded frame that came down to a caller. Throws `bad_frame`. */
export function readDownFrame(value: unknown): DownFrame {
  const { type, id, value: answer, code, message, details } = readFrame(value);
  if (type === 'next' || type === 'ok') return { type, id, value: answer };
  if (type === 'err' && typeof message === 'string') {
    return {
      type,
      id,
      code: isErrorCode(code) ? code : 'internal',
      message,
      details: typeof details === 'object' && details !== null ? (details as ErrorDetails) : undefined,
    };
  }
  throw badFrame('next, ok, or err with a message');
}

interface LooseFrame extends Readonly<Record<string, unknown>> {
  readonly type: unknown;
  readonly id: number;
}

function readFrame(value: unknown): LooseFrame {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badFrame('an object');
  const frame = value as Record<string, unknown>;
  if (!Number.isSafeInteger(frame.id) || (frame.id as number) < 0) throw badFrame('a whole number as id');
  return frame as LooseFrame;
}

function badFrame(expected: string): AppError {
  return new AppError('bad_frame', `A message of the studio's protocol was malformed: expected ${expected}.`);
}
