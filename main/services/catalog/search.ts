/** Finding images: by words, image, picture or a sum of them; filtered, folded, varied; and the references of a phrase. */
import { AppError, because, encoderOf } from '#contract';
import type { Fold, Hit, ImageFilter, Reference, StudioServices } from '#contract';
import { blend, dot, normalise } from '../../vectors.ts';
import type { InstalledPack, PacksService } from '../packs/index.ts';
import type { Store } from '../store/index.ts';
import type { Decode } from './import-types.ts';
import type { Embedder } from './index.ts';
import { toImage } from './images.ts';
import { lookDistance } from './look.ts';
import { shownShare, strengthOf, verdictOf } from './strength.ts';
import type { Meaning } from './strength.ts';
import type { Neighbour, Soon, VectorIndex } from './vector-index.ts';

export interface SearchOptions {
  readonly store: Store;
  readonly packs: PacksService;
  readonly embedder: Embedder;
  readonly decode: (file: Uint8Array, size: number) => ReturnType<Decode>;
  /** The index of a pack, complete as far as the originals can be read. */
  readonly searchable: (pack: InstalledPack) => Promise<VectorIndex>;
}

/** Bits of 64 in which two looks of one picture differ at most, after scaling and JPEG. */
const SAME_PICTURE_BITS = 4;
/** Inner product from which two images count as the same picture, and as look-alikes. */
const SAME_PICTURE = 0.97;
const LOOK_ALIKE = 0.95;
/** Duplicates of one image that are told at most. */
const MOST_DUPLICATES = 100;
/** Share of "more like this" images in the meaning of a phrase. */
const LIKE_SHARE = 0.5;
/** Candidates for each hit that is wanted, where hits are folded or varied. */
const POOL = 6;
const MOST = 4000;

type Service = StudioServices['catalog'];

/** What is known of a phrase beside its embedding, as the embedder tells it. */
interface Words {
  readonly nearest: number | null;
  readonly meaning: Meaning | null;
}

export function makeSearch({ store, packs, embedder, decode, searchable }: SearchOptions) {
  const vectorOf = (pack: InstalledPack, hash: string): Float32Array | undefined =>
    store.read.images.vector(hash, encoderOf(pack));

  /** Vector of an image that was found in the pack's index. */
  function vectorFound(pack: InstalledPack, hash: string): Float32Array {
    const vector = vectorOf(pack, hash);
    if (!vector)
      throw new AppError('internal', 'The index has an image whose vector the catalog does not have.');
    return vector;
  }

  /** `words`: what is known of the phrase that was searched for; null where it was no phrase, and the hit has no strength. */
  function hitOf(
    pack: InstalledPack,
    images: number,
    found: { hash: string; score: number },
    rank: number,
    words: Words | null,
  ): Hit {
    const row = store.read.images.byHash(found.hash);
    if (!row) throw new AppError('internal', 'The index names an image that the catalog does not have.');
    const shown = words?.meaning ? shownShare(words.meaning, vectorFound(pack, found.hash)) : null;
    return {
      image: toImage(row),
      rank,
      score: found.score,
      strength: words && strengthOf(pack.manifest.nullScores, found.score, images, words.nearest, shown),
    };
  }

  /** Whether two images are one to the eye, on a level of folding. */
  function sameOn(pack: InstalledPack, fold: Fold): (a: string, b: string) => boolean {
    const vectors = new Map<string, Float32Array | undefined>();
    const looks = new Map<string, bigint | null>();
    const vector = (hash: string): Float32Array | undefined => {
      if (!vectors.has(hash)) vectors.set(hash, vectorOf(pack, hash));
      return vectors.get(hash);
    };
    const look = (hash: string): bigint | null => {
      if (!looks.has(hash)) looks.set(hash, store.read.facts.one(hash)?.look ?? null);
      return looks.get(hash) ?? null;
    };
    return (a, b) => {
      const [x, y] = [vector(a), vector(b)];
      if (!x || !y) return false;
      const near = dot(x, y);
      if (fold === 'look') return near >= LOOK_ALIKE;
      const [p, q] = [look(a), look(b)];
      return near >= SAME_PICTURE && p !== null && q !== null && lookDistance(p, q) <= SAME_PICTURE_BITS;
    };
  }

  /** The k best of a search, each with how many others it stands for. Looks further down until k different ones are found. */
  async function folded(
    pack: InstalledPack,
    fold: Fold,
    k: number,
    kept: readonly string[],
    search: (k: number) => Soon<Neighbour[]>,
  ): Promise<(Neighbour & { alike?: number })[]> {
    if (fold === 'bytes') return search(k);
    const same = sameOn(pack, fold);
    for (let pool = k * POOL; ; pool *= 4) {
      const found = await search(Math.min(pool, MOST));
      const shown: (Neighbour & { alike: number })[] = [];
      for (const hit of found) {
        if (kept.some((hash) => same(hash, hit.id))) continue;
        const twin = shown.find((s) => same(s.id, hit.id));
        if (twin) twin.alike++;
        else shown.push({ ...hit, alike: 0 });
      }
      if (shown.length >= k || found.length < pool) return shown.slice(0, k);
    }
  }

  /**
   * Maximal marginal relevance (Carbonell and Goldstein 1998): each next one has the largest
   * (1 - diversity) score - diversity (largest inner product with those chosen before it).
   */
  function varied<T extends Neighbour>(
    pack: InstalledPack,
    pool: readonly T[],
    k: number,
    diversity: number,
    chosen: readonly string[],
  ): T[] {
    const left = pool.flatMap((hit) => {
      const vector = vectorOf(pack, hit.id);
      return vector ? [{ hit, vector, near: -1 }] : [];
    });
    const meet = (vector: Float32Array | undefined): void => {
      if (vector) for (const item of left) item.near = Math.max(item.near, dot(item.vector, vector));
    };
    for (const hash of chosen) meet(vectorOf(pack, hash));
    const out: T[] = [];
    while (out.length < k && left.length > 0) {
      let best = 0;
      const worth = (i: number): number => {
        const { hit, near } = left[i] as (typeof left)[number];
        return (1 - diversity) * hit.score - diversity * near;
      };
      for (let i = 1; i < left.length; i++) if (worth(i) > worth(best)) best = i;
      const [taken] = left.splice(best, 1);
      out.push((taken as (typeof left)[number]).hit);
      meet((taken as (typeof left)[number]).vector);
    }
    return out;
  }

  function vectorOfImage(pack: InstalledPack, imageId: string): { hash: string; vector: Float32Array } {
    const row = store.read.images.byId(imageId);
    const vector = row && vectorOf(pack, row.content_hash);
    if (!row || !vector) throw because('image_unknown', {});
    return { hash: row.content_hash, vector };
  }

  const only = (filter: ImageFilter | undefined): ReadonlySet<string> | undefined =>
    filter && Object.values(filter).some((x) => x !== undefined)
      ? new Set(store.read.facts.matching(filter))
      : undefined;

  const search: Service['search'] = async ({
    text,
    imageId,
    picture,
    terms,
    filter,
    fold = 'bytes',
    k,
    packId,
  }) => {
    const pack = await packs.get(packId);
    const made = await searchable(pack);
    const skip = new Set(store.read.gallery.hidden());
    let query: Float32Array;
    let words: Words | null = null;
    if (text !== undefined) {
      const found = await embedder.text(packId, text);
      [query, words] = [found.embedding, found];
    } else if (imageId !== undefined) {
      const { hash, vector } = vectorOfImage(pack, imageId);
      skip.add(hash);
      query = vector;
    } else if (picture !== undefined) {
      const { rgb } = await decode(picture, pack.manifest.image.size);
      query = await embedder.images(packId, rgb);
    } else {
      const parts = [];
      for (const term of terms ?? []) {
        if (term.text !== undefined)
          parts.push({ vector: (await embedder.text(packId, term.text)).embedding, weight: term.weight });
        else {
          const { hash, vector } = vectorOfImage(pack, term.imageId ?? '');
          skip.add(hash);
          parts.push({ vector, weight: term.weight });
        }
      }
      query = blend(parts, pack.manifest.embedding.dims);
      if (dot(query, query) === 0) throw because('terms_cancel', {});
    }
    const among = only(filter);
    const hits = await folded(pack, fold, k, [], (n) => made.search(query, n, skip, among));
    return {
      hits: hits.map(({ id, score, alike }, i) => ({
        ...hitOf(pack, among?.size ?? made.size, { hash: id, score }, i + 1, words),
        ...(alike === undefined ? {} : { alike }),
      })),
    };
  };

  /** The image's duplicates by level; at most `MOST_DUPLICATES` in all. */
  const duplicates: Service['duplicates'] = async ({ imageId, packId }) => {
    const pack = await packs.get(packId);
    const made = await searchable(pack);
    const { hash, vector } = vectorOfImage(pack, imageId);
    const skip = new Set([...store.read.gallery.hidden(), hash]);
    const near = await Promise.resolve(made.search(vector, MOST_DUPLICATES, skip));
    const same = sameOn(pack, 'picture');
    const hits = near
      .filter(({ score }) => score >= LOOK_ALIKE)
      .map(({ id, score }, i) => ({
        isPicture: same(hash, id),
        hit: hitOf(pack, made.size, { hash: id, score }, i + 1, null),
      }));
    return {
      picture: hits.filter(({ isPicture }) => isPicture).map(({ hit }) => hit),
      look: hits.filter(({ isPicture }) => !isPicture).map(({ hit }) => hit),
    };
  };

  function choicesOf(phrase: string): { phrase: string; pins: string[]; bans: string[]; like: string[] } {
    const rows = store.read.facts.choices(phrase);
    const of = (choice: string): string[] =>
      rows.filter((r) => r.choice === choice).map((r) => r.content_hash);
    return { phrase, pins: of('pin'), bans: of('ban'), like: of('like') };
  }

  /** Best images for a phrase, with what was remembered for it mixed in. */
  const references: Service['references'] = async (request) => {
    const { phrase, k, packId, remembered = false, diversity = 0, fold = 'bytes' } = request;
    const pack = await packs.get(packId);
    const made = await searchable(pack);
    const words = await embedder.text(packId, phrase);
    const { embedding } = words;
    const chosen = remembered ? choicesOf(phrase) : { pins: [], bans: [], like: [] };
    const bans = [...request.bans, ...chosen.bans.filter((hash) => !request.pins.includes(hash))];
    // What was pinned once and has gone since is no error: nobody asked for it now.
    const pins = [
      ...request.pins,
      ...chosen.pins.filter((hash) => vectorOf(pack, hash) && !request.bans.includes(hash)),
    ];
    const like = chosen.like.flatMap((hash) => vectorOf(pack, hash) ?? []);
    const query =
      like.length === 0
        ? embedding
        : blend(
            [
              { vector: normalise(embedding), weight: 1 },
              ...like.map((vector) => ({ vector, weight: LIKE_SHARE / like.length })),
            ],
            embedding.length,
          );
    // What the studio made itself is no evidence of what a phrase looks like, and would make a repeated request differ.
    const own = store.read.images.own();
    const pinned = [...new Set(pins)].map((hash) => {
      const row = store.read.images.byHash(hash);
      const vector = row && vectorOf(pack, hash);
      if (!vector) {
        const image = hash.slice(0, 12);
        const details = { contentHash: hash };
        throw row
          ? because('pin_unread', { name: row.name, image, pack: packId }, { details })
          : because('pin_unknown', { image }, { details });
      }
      return { id: hash, score: dot(vector, embedding), pinned: true };
    });
    const wanted = Math.max(0, k - pinned.length);
    const skip = new Set([...own, ...pins, ...bans]);
    const kept = pinned.map((p) => p.id);
    const pool = await folded(pack, fold, diversity > 0 ? wanted * POOL : wanted, kept, (n) =>
      made.search(query, n, skip),
    );
    const free = diversity > 0 ? varied(pack, pool, wanted, diversity, kept) : pool;
    const all: readonly (Neighbour & { pinned: boolean; alike?: number })[] = [
      ...pinned,
      ...free.map((hit) => ({ ...hit, pinned: false })),
    ];
    const found = all.map((hit) => ({
      ...hit,
      // Strength speaks of the phrase alone, whatever else the search was steered by.
      score: like.length === 0 ? hit.score : dot(vectorFound(pack, hit.id), embedding),
    }));
    const list: Reference[] = found.map((r, i) => ({
      ...hitOf(pack, made.size - own.length, { hash: r.id, score: r.score }, i + 1, words),
      ...(r.alike === undefined ? {} : { alike: r.alike }),
      weight: 1,
      pinned: r.pinned,
    }));
    const best = Math.max(0, ...list.map((r) => r.strength ?? 0));
    return { phrase, references: list, verdict: list.length === 0 ? 'none' : verdictOf(best) };
  };

  return { search, references, duplicates, choicesOf };
}
