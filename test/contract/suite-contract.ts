/** The contract and the host that the link suite talks to; the host can live in another process. */
import * as v from 'valibot';
import { AppError, bytes, call, floats, serve, stream } from '../../contract/index.ts';
import type { Link, Services } from '../../contract/index.ts';

export const Nothing = v.strictObject({});

/** Small, and uses everything that a contract may have. */
export const suiteContract = {
  math: {
    add: call(v.strictObject({ a: v.number(), b: v.optional(v.number(), 10) }), v.number()),
    scale: call(
      v.strictObject({ values: floats(), raw: bytes(), factor: v.number() }),
      v.strictObject({
        values: floats(),
        raw: bytes(),
        nested: v.array(v.strictObject({ values: floats() })),
      }),
    ),
    count: stream(v.strictObject({ to: v.number() }), v.strictObject({ n: v.number(), data: floats() })),
  },
  trouble: {
    typed: call(Nothing, v.null()),
    untyped: call(Nothing, v.null()),
    badAnswer: call(Nothing, v.strictObject({ n: v.number() })),
    midway: stream(v.strictObject({ after: v.number() }), v.number()),
    /** Never answers by itself. */
    hang: call(Nothing, v.null()),
    /** Yields once, then waits for ever. */
    hangStream: stream(Nothing, v.number()),
  },
} as const;

/** What the host's handlers saw, as plain values, so that a host in another process can send it. */
export interface Look {
  readonly started: readonly string[];
  readonly aborted: readonly string[];
  /** Streams whose `finally` ran. */
  readonly finished: readonly string[];
  /** Errors that the host logged: code, and the class of the cause. */
  readonly errors: readonly { readonly code: string; readonly cause: string | undefined }[];
  /** Calls and streams that run. */
  readonly active: number;
}

/** The host's side as the suite sees it. `suiteHost(link)` makes one wherever the far end of the link lives. */
export interface SuiteHost {
  /** When the host lives in another process, ask it over some other channel than the link under test. */
  look(): Look | Promise<Look>;
  /** Closes the host's end of the link. */
  close(): void;
}

export interface OpenPair {
  /** The caller's end. */
  readonly near: Link;
  readonly host: SuiteHost;
  /** Frees what the pair needed (sockets, servers, processes). */
  dispose?(): void | Promise<void>;
}

/** Serves the suite's contract on the far end of a link. */
export function suiteHost(far: Link): SuiteHost {
  const witness: Witness = { started: [], aborted: [], finished: [], errors: [] };
  const server = serve(suiteContract, suiteServices(witness), far, {
    parseOutput: true,
    onError: ({ code, cause }) => {
      witness.errors.push({ code, cause: cause instanceof Error ? cause.constructor.name : undefined });
    },
  });
  return {
    look: () => ({ ...structuredClone(witness), active: server.active() }),
    close: () => {
      far.close();
    },
  };
}

interface Witness {
  readonly started: string[];
  readonly aborted: string[];
  readonly finished: string[];
  readonly errors: { code: string; cause: string | undefined }[];
}

/** Handlers of `suiteContract` that note what happens to them. */
function suiteServices(witness: Witness): Services<typeof suiteContract> {
  const never = (name: string, signal: AbortSignal): Promise<null> =>
    new Promise((_resolve, reject) => {
      witness.started.push(name);
      signal.addEventListener('abort', () => {
        witness.aborted.push(name);
        reject(signal.reason as Error);
      });
    });
  return {
    math: {
      add: ({ a, b }) => a + b,
      scale: ({ values, raw, factor }) => {
        const scaled = values.map((x) => x * factor);
        return { values: scaled, raw: raw.toReversed(), nested: [{ values: scaled.subarray(1) }] };
      },
      async *count({ to }) {
        try {
          for (let n = 1; n <= to; n++) {
            await Promise.resolve();
            yield { n, data: Float32Array.of(n, n / 2) };
          }
        } finally {
          witness.finished.push('count');
        }
      },
    },
    trouble: {
      typed: () => {
        throw new AppError('disk_full', 'The disk is full: 3 MB free, 5 MB needed.', {
          details: { needed: 5 },
        });
      },
      untyped: () => Promise.reject(new TypeError('secret /home/somebody/file')),
      badAnswer: () => ({ n: 'text' as unknown as number }),
      async *midway({ after }) {
        for (let n = 1; n <= after; n++) {
          await Promise.resolve();
          yield n;
        }
        throw new AppError('root_offline', 'The folder is not there.');
      },
      hang: (_input, { signal }) => never('hang', signal),
      async *hangStream(_input, { signal }) {
        try {
          yield 1;
          await never('hangStream', signal);
        } finally {
          witness.finished.push('hangStream');
        }
      },
    },
  };
}
