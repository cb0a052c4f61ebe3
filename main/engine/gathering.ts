/**
 * Several samplings at once: they ask for the same networks at the same levels, so what all of them wait for runs as one
 * call. A sampler knows nothing of it; it sees ports that answer a little later.
 */
import type { OpenPack } from './pack.ts';
import type { Branch, Denoiser, GradientKernel, ImageEncoder } from './ports.ts';

interface Waiting {
  /** Calls of one `run` with equal keys go together. */
  readonly run: (inputs: readonly never[]) => Promise<readonly unknown[]>;
  readonly key: unknown;
  readonly input: unknown;
  readonly resolve: (output: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export interface Gathering {
  /**
   * A function whose calls are held until every member waits for one, and then run together where `keyOf` is equal. `run`
   * answers its inputs in their order.
   */
  gathered<I, O>(
    run: (inputs: readonly I[]) => Promise<readonly O[]>,
    keyOf: (input: I) => unknown,
  ): (input: I) => Promise<O>;
  /** One member has ended: the others wait for it no longer. */
  leave(): void;
}

/** For `members` callers that have one call open at most. When `signal` is raised all who wait are rejected with its reason. */
export function makeGathering(members: number, signal: AbortSignal): Gathering {
  let active = members;
  let waiting: Waiting[] = [];
  const take = (): Waiting[] => {
    const all = waiting;
    waiting = [];
    return all;
  };
  signal.addEventListener('abort', () => {
    for (const { reject } of take()) reject(signal.reason);
  });

  async function together(group: readonly Waiting[]): Promise<void> {
    const [first] = group as [Waiting];
    try {
      signal.throwIfAborted();
      const outputs = await first.run(group.map(({ input }) => input) as never[]);
      group.forEach(({ resolve }, i) => {
        resolve(outputs[i]);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Never overlaps another: it begins when every member waits, and they wait until it answers them. */
  async function answerIfAllWait(): Promise<void> {
    if (waiting.length === 0 || waiting.length < active) return;
    const byRun = Map.groupBy(take(), ({ run }) => run);
    for (const calls of byRun.values())
      for (const group of Map.groupBy(calls, ({ key }) => key).values()) await together(group);
  }

  return {
    gathered:
      <I, O>(run: (inputs: readonly I[]) => Promise<readonly O[]>, keyOf: (input: I) => unknown) =>
      (input: I) =>
        new Promise<O>((resolve, reject) => {
          waiting.push({
            run,
            key: keyOf(input),
            input,
            resolve: resolve as Waiting['resolve'],
            reject,
          });
          void answerIfAllWait();
        }),
    leave() {
      active--;
      void answerIfAllWait();
    },
  };
}

/** Float arrays end to end. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** `n` equal rows. */
const rows = (x: Float32Array, n: number): Float32Array[] =>
  Array.from({ length: n }, (_, i) => x.subarray((i * x.length) / n, ((i + 1) * x.length) / n));

interface Prediction {
  readonly x: Float32Array;
  readonly t: number;
  readonly branches: readonly Branch[];
}

/** Images at the same level go together; each branch brings its own. */
function gatherDenoiser(own: Denoiser, gathering: Gathering): Denoiser {
  const predict = gathering.gathered<Prediction, Float32Array[]>(
    async (calls) => {
      const images = joined(calls.flatMap(({ x, branches }) => branches.map(() => x)));
      const all = calls.flatMap(({ branches }) => branches);
      const out = await own.predict(images, (calls[0] as Prediction).t, all);
      let at = 0;
      return calls.map(({ branches }) => out.slice(at, (at += branches.length)));
    },
    ({ t }) => t,
  );
  return { channels: own.channels, predict: (x, t, branches) => predict({ x, t, branches }) };
}

/** The kernel takes no level, so all of them go together. */
function gatherKernel(own: GradientKernel, gathering: Gathering): GradientKernel {
  const vjp = gathering.gathered<
    { image: Float32Array; cotangent: Float32Array },
    { gradient: Float32Array; embedding: Float32Array }
  >(
    async (calls) => {
      const out = await own.vjp(
        joined(calls.map(({ image }) => image)),
        joined(calls.map(({ cotangent }) => cotangent)),
      );
      const embeddings = rows(out.embedding, calls.length);
      return rows(out.gradient, calls.length).map((gradient, i) => ({
        gradient,
        embedding: embeddings[i] as Float32Array,
      }));
    },
    () => null,
  );
  return { vjp: (image, cotangent) => vjp({ image, cotangent }) };
}

function gatherEncoder(own: ImageEncoder, gathering: Gathering): ImageEncoder {
  const embed = gathering.gathered<{ images: Float32Array; n: number }, Float32Array>(
    async (calls) => {
      const count = calls.reduce((sum, { n }) => sum + n, 0);
      const each = rows(await own.embed(joined(calls.map(({ images }) => images)), count), count);
      let at = 0;
      return calls.map(({ n }) => joined(each.slice(at, (at += n))));
    },
    () => null,
  );
  return { embed: (images, n) => embed({ images, n }) };
}

/** The pack with the networks of a sampling gathered. The upscaler stays as it is: it runs once a picture. */
export function gatherPack(pack: OpenPack, gathering: Gathering): OpenPack {
  // One port for all members: only calls of the same one go together.
  const once = <P>(open: () => Promise<P>): (() => Promise<P>) => {
    let port: Promise<P> | undefined;
    return () => (port ??= open());
  };
  return {
    ...pack,
    denoiser: once(async () => gatherDenoiser(await pack.denoiser(), gathering)),
    gradientKernel: once(async () => gatherKernel(await pack.gradientKernel(), gathering)),
    imageEncoder: once(async () => gatherEncoder(await pack.imageEncoder(), gathering)),
  };
}
