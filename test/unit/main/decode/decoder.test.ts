import { describe, expect, it } from 'vitest';
import { AppError } from '#contract';
import { makeDecoder } from '../../../../main/decode/index.ts';

type Outcome = 'hangs' | 'works' | 'kills its process';
const DECODED = { rgb: new Uint8Array(3), thumbnail: new Uint8Array(1), width: 1, height: 1, takenAt: null };
const named = (name: string): Uint8Array => Buffer.from(name);

/** Processes that answer each file as `plan` says for its n-th try; a dead process fails all that are in it. */
function rig(plan: Readonly<Record<string, Outcome[]>>, startMs = 0) {
  const tries: string[] = [];
  const killed: number[] = [];
  let started = 0;
  let now: { number: number; lose: Set<() => void> } | undefined;
  const end = (which: typeof now): void => {
    if (now === which) now = undefined;
    for (const lose of which?.lose ?? []) lose();
  };
  const session = async () => {
    now ??= { number: ++started, lose: new Set() };
    const mine = now;
    await new Promise((resolve) => setTimeout(resolve, startMs));
    return {
      kill: () => {
        killed.push(mine.number);
        end(mine);
      },
      client: {
        decode: {
          ready: () => Promise.resolve({}),
          image: ({ file }: { file: Uint8Array }) =>
            new Promise<typeof DECODED>((resolve, reject) => {
              const name = Buffer.from(file).toString();
              const nth = tries.filter((t) => t.startsWith(`${name} `)).length;
              tries.push(`${name} in ${mine.number}`);
              mine.lose.add(() => {
                reject(new AppError('decode_lost', 'The process ended.'));
              });
              const outcome = plan[name]?.[nth] ?? 'works';
              if (outcome === 'kills its process')
                setTimeout(() => {
                  end(mine);
                }, 10);
              else if (outcome === 'works')
                setTimeout(() => {
                  resolve(DECODED);
                }, 30);
            }),
        },
      },
    };
  };
  return { session, tries, killed };
}

describe('the watchdog of the decoder', () => {
  it('does not count the start of the process', async () => {
    const decode = makeDecoder({ child: rig({}, 120), ms: 80, thumbnail: 8 });
    expect(await decode(named('a'), 8)).toBe(DECODED);
  });

  it('does not count the time in which the host itself was away', async () => {
    const decode = makeDecoder({
      child: {
        session: () =>
          Promise.resolve({
            kill: () => undefined,
            client: {
              decode: {
                ready: () => Promise.resolve({}),
                // The answer is there long before the time is over, but as a message it is heard after the timers.
                image: () =>
                  new Promise<typeof DECODED>((resolve) => {
                    setTimeout(() => setImmediate(() => void resolve(DECODED)), 20);
                  }),
              },
            },
          }),
      },
      ms: 200,
      thumbnail: 8,
    });
    const answer = decode(named('a'), 8);
    await new Promise((resolve) => setTimeout(resolve, 5));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    expect(await answer).toBe(DECODED);
  });

  it('kills the process of a hanging file once, and the other files are tried again in the next one', async () => {
    const child = rig({ slow: ['hangs'], a: ['hangs', 'works'] });
    const decode = makeDecoder({ child, ms: 100, thumbnail: 8 });
    const slow = decode(named('slow'), 8);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const a = decode(named('a'), 8);
    await expect(slow).rejects.toMatchObject({ code: 'decode_timeout' });
    expect(await a).toBe(DECODED);
    expect(child.killed).toEqual([1]);
    expect(child.tries).toEqual(['slow in 1', 'a in 1', 'a in 2']);
  });

  it('gives a file that loses two processes no third, and lets the files beside it through', async () => {
    const child = rig({ bad: ['kills its process', 'kills its process'], a: ['hangs', 'works'] });
    const decode = makeDecoder({ child, ms: 500, thumbnail: 8 });
    const [bad, a] = await Promise.allSettled([decode(named('bad'), 8), decode(named('a'), 8)]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'decode_lost' } });
    expect(a).toMatchObject({ status: 'fulfilled' });
    expect(child.tries.filter((t) => t.startsWith('bad'))).toHaveLength(2);
  });

  it('does not count the time that a file waits behind others', async () => {
    const child = rig({});
    const decode = makeDecoder({ child, ms: 100, thumbnail: 8 });
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => decode(named(`f${i}`), 8)));
    expect(all).toHaveLength(20);
  });
});
