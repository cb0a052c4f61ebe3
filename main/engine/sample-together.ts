/** Several sampling requests side by side, as one stream; their networks run on all of them at once. */
import type { SampleEvent, SampleRequest, TogetherEvent } from './contract.ts';
import { gatherPack, makeGathering } from './gathering.ts';
import type { OpenPack } from './pack.ts';
import { sample } from './sample.ts';

/**
 * Events of all requests as they come. Requests with the same arms, steps and window keep step, and each network call then
 * holds one picture of each; others are answered as well, in more calls. A picture is the same as by `sample` but for the
 * order in which a network adds up. The seconds of a result are its share: the time of all, divided by their number. The
 * first error ends all. `signal` is looked at before every network call.
 */
export async function* sampleTogether(
  requests: readonly SampleRequest[],
  pack: OpenPack,
  baseline: OpenPack | undefined,
  signal: AbortSignal,
): AsyncGenerator<TogetherEvent> {
  const count = requests.length;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const gathering = makeGathering(count, either);
  const own = gatherPack(pack, gathering);
  const other = baseline && gatherPack(baseline, gathering);
  const streams = requests.map((request) => sample(request, own, other, either));
  const pull = async (of: number) => ({ of, next: await (streams[of] as (typeof streams)[0]).next() });
  const open = new Map(requests.map((_, of) => [of, pull(of)]));
  try {
    while (open.size > 0) {
      const { of, next } = await Promise.race(open.values());
      if (next.done) {
        open.delete(of);
        gathering.leave();
        continue;
      }
      open.set(of, pull(of));
      yield { of, event: next.value.type === 'result' ? shared(next.value, count) : next.value };
    }
  } finally {
    stop.abort();
    await Promise.allSettled(open.values());
  }
}

const shared = (result: SampleEvent & { type: 'result' }, among: number): SampleEvent => ({
  ...result,
  seconds: {
    denoiser: result.seconds.denoiser / among,
    gradient: result.seconds.gradient / among,
    total: result.seconds.total / among,
  },
});
