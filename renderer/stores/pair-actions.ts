import { EXPORT_MOST } from '#contract';
import type { Arm, ExportPairs, GalleryPair, StudioClient } from '#contract';
import { t } from '../strings/index.ts';
import type { useGalleryStore } from './gallery.ts';
import type { useToastStore } from './toast.ts';

/** How many pairs one request may name. */
const AT_ONCE = 1000;

export interface PairActionsOptions {
  /** Does something with the host; what fails is told where the list is. False when it failed. */
  readonly attempt: (work: (client: StudioClient) => Promise<void>) => Promise<boolean>;
  /** Ids of the pairs that an action is for. */
  readonly targets: () => readonly string[];
  /** Those of the list's pairs that came. */
  readonly loaded: () => readonly GalleryPair[];
  /** Changes pairs of the list where they stand. */
  readonly change: (to: (pair: GalleryPair) => GalleryPair) => void;
  /** These pairs are no targets any more; without ids none is. */
  readonly unmark: (ids?: ReadonlySet<string>) => void;
  /** The list again, from the host. */
  readonly load: () => Promise<void>;
  readonly loadFacets: () => Promise<void>;
  readonly gallery: ReturnType<typeof useGalleryStore>;
  readonly toast: ReturnType<typeof useToastStore>;
}

/** What is done with pairs of the gallery's list: stars and tags, the bin and back, files to take along. */
export function makePairActions(options: PairActionsOptions) {
  const { attempt, targets, change, unmark, load, loadFacets, gallery, toast } = options;

  /** Stars and tags of the targets. */
  async function mark(marks: {
    starred?: boolean;
    addTags?: string[];
    removeTags?: string[];
  }): Promise<void> {
    const ids = targets();
    await attempt(async (client) => {
      for (const pairIds of batches(ids)) {
        const { pairs } = await client.gallery.mark({ pairIds, ...marks });
        const changed = new Map(pairs.map((pair) => [pair.pairId, pair]));
        change((pair) => changed.get(pair.pairId) ?? pair);
      }
    });
    await loadFacets();
  }

  /** Stars the targets, or takes their stars when all have one. */
  function toggleStar(): Promise<void> {
    const meant = new Set(targets());
    const all = options.loaded().filter(({ pairId }) => meant.has(pairId));
    return mark({ starred: !all.every(({ starred }) => starred) });
  }

  /** Puts the targets into the bin, with a way back. */
  async function remove(): Promise<void> {
    const ids = targets();
    if (ids.length === 0) return;
    const gone: string[] = [];
    await attempt(async (client) => {
      for (const pairIds of batches(ids)) gone.push(...(await client.gallery.remove({ pairIds })).pairIds);
      toast.show({ text: t.gallery.binned(gone.length), undo: () => void restore(gone) });
    });
    const away = new Set(gone);
    gallery.forget(away);
    unmark(away);
    await Promise.all([load(), gallery.load()]);
  }

  /** Puts one picture of a pair into the bin, with a way back. */
  async function removeHalf(pairId: string, arm: Arm): Promise<void> {
    await attempt(async (client) => {
      const half = await client.gallery.removeHalf({ pairId, arm });
      toast.show({ text: t.gallery.halfBinned(t.arms[arm]), undo: () => void restore([half.pairId]) });
      await gallery.addDone(pairId);
    });
    await loadFacets();
  }

  async function restore(ids: readonly string[]): Promise<void> {
    await attempt(async (client) => {
      for (const pairIds of batches(ids))
        for (const back of (await client.gallery.restore({ pairIds })).pairIds)
          // A half has gone back into a pair that is here.
          if (gallery.byId.has(back)) await gallery.addDone(back);
    });
    unmark();
    await Promise.all([load(), gallery.load()]);
  }

  /** Deletes for good what is in the bin; without ids all of it. */
  async function purge(ids?: readonly string[]): Promise<void> {
    await attempt(async (client) => {
      if (!ids) await client.gallery.purge({});
      else for (const pairIds of batches(ids)) await client.gallery.purge({ pairIds });
    });
    unmark();
    await load();
  }

  /** Hands the targets out as files: one, or archives of at most fifty pairs each. */
  function exportTargets(
    choices: Omit<ExportPairs, 'pairIds'>,
    hand: (name: string, type: string, bytes: Uint8Array) => void,
  ): Promise<boolean> {
    const parts = batches(targets(), EXPORT_MOST);
    return attempt(async (client) => {
      for (const [i, pairIds] of parts.entries()) {
        const made = await client.gallery.export({ pairIds, ...choices });
        const name = parts.length > 1 ? made.name.replace(/(\.\w+)$/, `-${i + 1}$1`) : made.name;
        hand(name, made.type, made.bytes);
      }
    });
  }

  return { mark, toggleStar, remove, removeHalf, restore, purge, exportTargets };
}

/** As many ids at once as one request may name. */
function batches(ids: readonly string[], size = AT_ONCE): string[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size));
}
