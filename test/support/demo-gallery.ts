/** The demonstration's gallery: the contract's gallery over lists in memory. */
import { randomUUID } from 'node:crypto';
import { AppError } from '#contract';
import type { GalleryPair, Pair, Recipe, StudioServices } from '#contract';

type Browse = Parameters<StudioServices['gallery']['browse']>[0];

interface Marks {
  starred: boolean;
  tags: string[];
  deletedAt: number | null;
}

/** `pairs` newest first; what comes in later is seen. */
export function demoGallery(
  pairs: Pair[],
  recipes: ReadonlyMap<string, Recipe>,
  packId: string,
): StudioServices['gallery'] {
  const marks = new Map<string, Marks>();
  /** The pairs that halves in the bin were taken out of. */
  const wholes = new Map<string, string>();
  const marksOf = (id: string): Marks => {
    const found = marks.get(id) ?? { starred: false, tags: [], deletedAt: null };
    marks.set(id, found);
    return found;
  };
  const recipesOf = (pair: Pair): Recipe[] => pair.results.flatMap((r) => recipes.get(r.imageId) ?? []);
  const stressed = (pair: Pair): GalleryPair['emphases'] =>
    (recipesOf(pair)[0]?.emphases ?? []).map(({ phrase, weight, muted, span }) => ({
      phrase,
      weight,
      muted,
      ...(span ? { span } : {}),
    }));
  const shown = (pair: Pair): GalleryPair => ({
    ...pair,
    packId,
    emphases: stressed(pair),
    ...marksOf(pair.pairId),
  });
  const live = (): GalleryPair[] => pairs.map(shown).filter((p) => p.deletedAt === null);
  const counted = (names: readonly string[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  };
  const known = (ids: readonly string[]): Pair[] =>
    ids.flatMap((id) => pairs.find((p) => p.pairId === id) ?? []);

  function browse({ after, limit, filter: f }: Browse): { items: GalleryPair[]; next: string | null } {
    const found = pairs.map(shown).filter(
      (p) =>
        (p.deletedAt !== null) === f.deleted &&
        (f.starred === undefined || p.starred === f.starred) &&
        (f.tag === undefined || p.tags.includes(f.tag)) &&
        (f.packId === undefined || p.packId === f.packId) &&
        (f.words ?? '')
          .toLowerCase()
          .split(' ')
          .every((w) => ` ${p.prompt.toLowerCase()}`.includes(w === '' ? '' : ` ${w}`)) &&
        (f.emphasis === undefined ||
          recipesOf(p).some((r) => r.emphases.some((e) => e.phrase === f.emphasis))) &&
        (f.reference === undefined ||
          recipesOf(p).some((r) =>
            r.emphases.some((e) => e.references.some((x) => x.contentHash === f.reference)),
          )) &&
        p.createdAt >= (f.from ?? 0) &&
        p.createdAt < (f.to ?? Infinity),
    );
    const start = after === undefined ? 0 : found.findIndex((p) => p.pairId === after) + 1;
    const items = found.slice(start, start + limit);
    return { items, next: start + limit < found.length ? (items.at(-1)?.pairId ?? null) : null };
  }

  return {
    list: ({ limit }) => ({
      items: pairs.filter(({ pairId }) => marksOf(pairId).deletedAt === null).slice(0, limit),
      next: null,
    }),
    pair({ pairId }) {
      const pair = pairs.find((p) => p.pairId === pairId);
      if (!pair) throw new AppError('not_found', 'No pair has this id.');
      return pair;
    },
    recipe({ imageId }) {
      const recipe = recipes.get(imageId);
      if (!recipe) throw new AppError('not_found', 'No image has this id.');
      return recipe;
    },
    browse,
    window({ offset, limit, filter, grouped, run }) {
      const all: GalleryPair[] = [];
      for (let after: string | undefined; ;) {
        const page = browse({ limit: 500, filter, ...(after === undefined ? {} : { after }) });
        all.push(...page.items);
        if (page.next === null) break;
        after = page.next;
      }
      const begins = all.flatMap((p, i) => (i > 0 && all[i - 1]?.prompt === p.prompt ? [] : [i]));
      const runOf = (i: number): GalleryPair[] => all.slice(begins[i], begins[i + 1] ?? all.length);
      if (grouped) {
        const shown = begins.map((_, i) => runOf(i)).slice(offset, offset + limit);
        const items = shown.flatMap((pairsOf) => pairsOf.slice(0, 1));
        return { total: begins.length, items, counts: shown.map((pairsOf) => pairsOf.length) };
      }
      const inside =
        run === undefined
          ? all
          : (begins.map((_, i) => runOf(i)).find((r) => r.some((p) => p.pairId === run)) ?? []);
      return { total: inside.length, items: inside.slice(offset, offset + limit) };
    },
    ofImages({ imageIds }) {
      const found = live().filter((p) => p.results.some((r) => imageIds.includes(r.imageId)));
      return { pairs: found };
    },
    export({ as, pairIds }) {
      const many = as === 'files' && pairIds.length > 1;
      return {
        name: as === 'sheet' ? 'contact-sheet.png' : many ? 'pairs.zip' : 'picture.png',
        type: many ? 'application/zip' : 'image/png',
        bytes: new Uint8Array([0x89, 0x50]),
      };
    },
    facets() {
      const all = live();
      return {
        pairs: all.length,
        starred: all.filter((p) => p.starred).length,
        deleted: pairs.length - all.length,
        tags: [...counted(all.flatMap((p) => p.tags))].map(([tag, count]) => ({ tag, count })),
        packs: [...counted(all.map((p) => p.packId))].map(([id, count]) => ({ packId: id, count })),
        emphases: [
          // Each phrase once for each pair, however many of its halves have it.
          ...counted(
            all.flatMap((p) => [
              ...new Set(recipesOf(p).flatMap((r) => r.emphases.map(({ phrase }) => phrase))),
            ]),
          ),
        ].map(([emphasis, count]) => ({ emphasis, count })),
      };
    },
    mark({ pairIds, starred, addTags, removeTags }) {
      for (const { pairId } of known(pairIds)) {
        const m = marksOf(pairId);
        m.starred = starred ?? m.starred;
        m.tags = [...new Set([...m.tags.filter((tag) => !removeTags.includes(tag)), ...addTags])].sort();
      }
      return { pairs: known(pairIds).map(shown) };
    },
    remove({ pairIds }) {
      for (const { pairId } of known(pairIds)) marksOf(pairId).deletedAt ??= Date.now();
      return { pairIds };
    },
    removeHalf({ pairId, arm }) {
      const at = pairs.findIndex((pair) => pair.pairId === pairId);
      const pair = pairs[at];
      if (!pair) throw new AppError('not_found', 'No pair has this id.');
      const half = { ...pair, pairId: randomUUID(), results: pair.results.filter((r) => r.arm === arm) };
      pairs[at] = { ...pair, results: pair.results.filter((r) => r.arm !== arm) };
      pairs.splice(at + 1, 0, half);
      marksOf(half.pairId).deletedAt = Date.now();
      wholes.set(half.pairId, pairId);
      return { pairId: half.pairId };
    },
    restore({ pairIds }) {
      const back = known(pairIds).map((pair) => {
        marksOf(pair.pairId).deletedAt = null;
        const at = pairs.findIndex(({ pairId }) => pairId === wholes.get(pair.pairId));
        const whole = pairs[at];
        if (!whole || whole.results.some(({ arm }) => arm === pair.results[0]?.arm)) return pair.pairId;
        pairs[at] = { ...whole, results: [...whole.results, ...pair.results] };
        pairs.splice(pairs.indexOf(pair), 1);
        return whole.pairId;
      });
      return { pairIds: back };
    },
    purge({ pairIds }) {
      const gone = pairs.filter(
        (p) => marksOf(p.pairId).deletedAt !== null && (pairIds === undefined || pairIds.includes(p.pairId)),
      );
      for (const pair of gone) pairs.splice(pairs.indexOf(pair), 1);
      return { pairIds: gone.map((p) => p.pairId) };
    },
  };
}
