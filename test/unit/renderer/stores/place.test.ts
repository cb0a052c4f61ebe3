/** What speaks against the data folder's place: shown, put aside, and shown again when it gets worse. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PlaceProblem } from '#contract';
import { createPinia, setActivePinia } from 'pinia';
import { useConnectionStore } from '../../../../renderer/stores/connection.ts';
import { usePlaceStore } from '../../../../renderer/stores/place.ts';
import { storeRig } from './rig.ts';
import type { StoreRig } from './rig.ts';

const NETWORK: PlaceProblem = { kind: 'network', name: 'nfs4', free: null };
const full = (free: number): PlaceProblem => ({ kind: 'nearly_full', name: null, free });
let problems: PlaceProblem[];
let rig: StoreRig;
afterEach(() => {
  rig.stop();
  vi.unstubAllGlobals();
});

async function start(...now: PlaceProblem[]) {
  problems = now;
  rig = await storeRig({ settings: { place: () => ({ problems }) } });
  const place = usePlaceStore();
  const look = async (...next: PlaceProblem[]): Promise<string[]> => {
    problems = next;
    await place.load();
    return place.shown.map(({ kind }) => kind);
  };
  await place.load();
  return { place, look };
}

describe('a bad place', () => {
  it('is said until it is put aside, each for itself, also after a reload', async () => {
    const { place, look } = await start(NETWORK, full(400));
    expect(place.shown).toEqual([NETWORK, full(400)]);
    place.putAside('network');
    expect(await look(NETWORK, full(400))).toEqual(['nearly_full']);
    expect(JSON.parse(localStorage.getItem('accent.place') ?? '')).toEqual({ network: 0 });
    // A reload: the stores are made anew over what the browser kept.
    setActivePinia(createPinia());
    expect(useConnectionStore().state).toBe('opening');
    const again = usePlaceStore();
    again.problems = [NETWORK];
    expect(again.shown).toEqual([]);
  });

  it('is said again when half the room is gone, or when it comes back', async () => {
    const { place, look } = await start(full(400));
    place.putAside('nearly_full');
    expect(await look(full(390))).toEqual([]);
    expect(await look(full(201))).toEqual([]);
    expect(await look(full(200))).toEqual(['nearly_full']);
    place.putAside('nearly_full');
    expect(await look(full(150))).toEqual([]);
    expect(await look()).toEqual([]);
    expect(await look(full(450))).toEqual(['nearly_full']);
  });

  it('stays as it was known while the host cannot be asked', async () => {
    const { place } = await start(NETWORK);
    rig.stop();
    await place.load();
    expect(place.shown).toEqual([NETWORK]);
  });
});
