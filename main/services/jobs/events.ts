/** Numbered events of jobs: kept in the catalog, replayed from any number, followed while they come. */
import type { JobEvent } from '#contract';
import { isFinal } from '#contract';
import { makeBell } from '../../bell.ts';
import type { Store } from '../store/index.ts';

type Body<E = JobEvent> = E extends JobEvent ? Omit<E, 'jobId' | 'seq' | 'at'> : never;
export type EventBody = Body;

export interface EventLog {
  /** Any but a step or preview may be part of a transaction: then the event is kept, and seen, with it or not at all. */
  append(jobId: string, body: EventBody): JobEvent;
  /**
   * A final event that cannot be kept now (no room on the disk): watchers see it all the same. The `append` of its kind that
   * follows when there is room takes its place and number.
   */
  hold(jobId: string, body: EventBody): void;
  /** Events after `after`, then new ones until the final one or the signal. Ends at once when the final one is not after `after`. */
  watch(jobId: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent>;
}

export function makeEventLog(store: Store, now: () => number): EventLog {
  const listeners = new Map<string, Set<() => void>>();

  const held = new Map<string, JobEvent>();

  const read = (jobId: string, after: number): JobEvent[] => {
    const events = store.read.jobs.events(jobId, after).map(({ body, bytes }) => {
      const event = JSON.parse(body) as JobEvent;
      return event.type === 'preview' && bytes ? { ...event, rgba: new Uint8Array(bytes) } : event;
    });
    const last = held.get(jobId);
    if (!last) return events;
    // Its place was taken: it is kept by now. (Not seen to in `append`, whose transaction may still fail.)
    if (store.read.jobs.lastSeq(jobId) >= last.seq) held.delete(jobId);
    else if (last.seq > after) return [...events, last];
    return events;
  };
  const make = (jobId: string, body: EventBody): JobEvent => ({
    ...body,
    jobId,
    seq: store.read.jobs.lastSeq(jobId) + 1,
    at: now(),
  });
  // Watchers read in a later task, when the transaction around an append has ended.
  const tell = (jobId: string): void => {
    for (const wake of listeners.get(jobId) ?? []) wake();
  };

  return {
    append(jobId, body) {
      const event = make(jobId, body);
      const { seq } = event;
      const passing = event.type === 'step' || event.type === 'preview';
      (passing ? store.relaxed : store.transaction)(() => {
        if (event.type === 'preview') {
          const { rgba, ...rest } = event;
          store.write.jobs.dropEvents(jobId, `preview:${event.arm}`);
          store.write.jobs.event(jobId, seq, `preview:${event.arm}`, JSON.stringify(rest), rgba);
        } else store.write.jobs.event(jobId, seq, event.type, JSON.stringify(event), null);
      });
      tell(jobId);
      return event;
    },
    hold(jobId, body) {
      held.set(jobId, make(jobId, body));
      tell(jobId);
    },
    async *watch(jobId, after, signal) {
      const news = makeBell();
      const set = listeners.get(jobId) ?? new Set();
      listeners.set(jobId, set.add(news.ring));
      try {
        let last = after;
        for (; !signal.aborted; await news.rung(signal)) {
          for (const event of read(jobId, last)) {
            last = event.seq;
            yield event;
            if (isFinal(event)) return;
          }
          const end = store.read.jobs.finalSeq(jobId) ?? held.get(jobId)?.seq;
          if (end !== undefined && end <= last) return;
        }
      } finally {
        set.delete(news.ring);
        if (set.size === 0) listeners.delete(jobId);
      }
    },
  };
}
