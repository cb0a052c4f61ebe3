/** The page's stores over a real contract connection in memory, with hosts of a few lines. */
import { createPinia, setActivePinia } from 'pinia';
import { vi } from 'vitest';
import { contract, memoryPair, serve } from '#contract';
import type { PackSummary, StudioServices } from '#contract';
import type { Link } from '#contract';
import { useConnectionStore } from '../../../../renderer/stores/connection.ts';
import { usePacksStore } from '../../../../renderer/stores/packs.ts';
import { DEMO_PACK } from '../../../support/demo-packs.ts';

type Partially<T> = { readonly [K in keyof T]?: Partial<T[K]> };

const refuse = (): never => {
  throw new Error('This test does not expect the call.');
};

/** Services of which only the named ones work. */
function servicesOf(given: Partially<StudioServices>): StudioServices {
  const all = Object.entries(contract).map(([service, methods]) => [
    service,
    Object.fromEntries(
      Object.keys(methods).map((method) => [
        method,
        (given as Record<string, Record<string, unknown>>)[service]?.[method] ?? refuse,
      ]),
    ),
  ]);
  return Object.fromEntries(all) as StudioServices;
}

export interface StoreRig {
  /** Cuts the connection; the next one opens by itself. */
  cut(): void;
  /** How many connections were opened. */
  opens(): number;
  stop(): void;
}

/** A fresh Pinia with a connection to these services and a pack that is loaded. */
export async function storeRig(given: Partially<StudioServices>): Promise<StoreRig> {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
  vi.stubGlobal('document', { hidden: true });
  setActivePinia(createPinia());
  const services = servicesOf({
    ...given,
    packs: { list: () => ({ packs: [DEMO_PACK], refused: [] }), ...given.packs },
  });
  let far: Link | undefined;
  let opens = 0;
  const stop = useConnectionStore().start({
    reopens: true,
    assetUrl: (id) => id,
    open() {
      const [near, other] = memoryPair();
      far = other;
      opens++;
      serve(contract, services, other, { parseOutput: true });
      return Promise.resolve(near);
    },
  });
  await usePacksStore().load();
  return { cut: () => far?.close(), opens: () => opens, stop };
}

export const pack: PackSummary = DEMO_PACK;
