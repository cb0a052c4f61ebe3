/** Slows down whoever guesses: 2 failures a minute and 12 more an hour, then everything waits. */
export interface FailureLimit {
  /** Milliseconds until another try is looked at; 0 when it is now. */
  wait(): number;
  failed(): void;
}

interface Bucket {
  readonly size: number;
  readonly perMs: number;
  left: number;
  at: number;
}

const MINUTE = 60_000;

/** Two token buckets; a failure is paid by the first that still has some. `now` in milliseconds. */
export function makeFailureLimit(now: () => number = Date.now): FailureLimit {
  const buckets: Bucket[] = [
    { size: 2, perMs: 2 / MINUTE, left: 2, at: now() },
    { size: 12, perMs: 12 / (60 * MINUTE), left: 12, at: now() },
  ];
  const fill = (): void => {
    for (const bucket of buckets) {
      const time = now();
      bucket.left = Math.min(bucket.size, bucket.left + Math.max(0, time - bucket.at) * bucket.perMs);
      bucket.at = time;
    }
  };
  return {
    wait() {
      fill();
      if (buckets.some(({ left }) => left >= 1)) return 0;
      return Math.ceil(Math.min(...buckets.map(({ left, perMs }) => (1 - left) / perMs)));
    },
    failed() {
      fill();
      const payer = buckets.find(({ left }) => left >= 1);
      if (payer) payer.left -= 1;
    },
  };
}
