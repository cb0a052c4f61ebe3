/** A pack that reads what came in without it, followed on the page. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { VectorPass } from '#contract';
import { useVectorPassesStore } from '../../../../renderer/stores/vector-passes.ts';
import { useReferencesStore } from '../../../../renderer/stores/references.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const pass = (change: Partial<VectorPass> = {}): VectorPass => ({
  packId: 'second',
  state: 'running',
  done: 10,
  of: 100,
  unread: 0,
  perSecond: 5,
  secondsLeft: 18,
  error: null,
  ...change,
});
let rig: StoreRig;
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

describe('vector passes', () => {
  it('are shown while they are on or have failed, and what is done makes references be found again', async () => {
    const told = [pass(), pass({ packId: 'third', state: 'failed' }), pass({ done: 100, state: 'done' })];
    let go = (): void => undefined;
    rig = await storeRig({
      catalog: {
        async *vectorPasses() {
          for (const each of told) {
            yield each;
            await new Promise<void>((resolve) => (go = resolve));
          }
        },
      },
    });
    const store = useVectorPassesStore();
    const refresh = vi.spyOn(useReferencesStore(), 'refresh');
    void store.follow();
    const states = (): string[] => store.shown.map(({ packId, state }) => `${packId} ${state}`);
    await vi.waitFor(() => expect(states()).toEqual(['second running']));
    go();
    await vi.waitFor(() => expect(states()).toEqual(['second running', 'third failed']));
    expect(refresh).not.toHaveBeenCalled();
    go();
    await vi.waitFor(() => expect(states()).toEqual(['third failed']));
    expect(refresh).toHaveBeenCalledOnce();
  });

  it('begin when they are asked for, and say why not', async () => {
    let works = true;
    rig = await storeRig({
      catalog: {
        addVectors({ packId }) {
          if (!works) throw new Error('no');
          return pass({ packId, state: 'waiting' });
        },
      },
    });
    const store = useVectorPassesStore();
    await store.begin('second');
    expect(store.passes.get('second')?.state).toBe('waiting');
    works = false;
    await store.begin('second');
    expect(store.error?.code).toBe('internal');
  });
});
