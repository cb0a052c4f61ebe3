/** Images of the catalog one by one: lists, details, tags, and what was chosen for a phrase. */
import { AppError, because } from '#contract';
import type { CatalogImage, PhraseChoices, StudioServices } from '#contract';
import type { ImageRow, Store } from '../store/index.ts';
import { isFolder } from './roots.ts';

export const toImage = (row: ImageRow): CatalogImage => ({
  imageId: row.image_id,
  contentHash: row.content_hash,
  name: row.name,
  width: row.width,
  height: row.height,
  importedAt: row.imported_at,
  rootId: row.root_id,
});

/** Place after which a page begins, from `next` of the page before: `time.number`, or a number in a filtered list. */
function placeOf(after: string | undefined, pattern: RegExp): readonly string[] | undefined {
  if (after === undefined) return undefined;
  const found = pattern.exec(after);
  if (!found) throw new AppError('invalid_input', 'Expected `after` as the page before gave it in `next`.');
  return found.slice(1);
}

type Service = StudioServices['catalog'];

export function makeImages(
  store: Store,
  now: () => number,
  choicesOf: (phrase: string) => PhraseChoices,
): Pick<Service, 'images' | 'image' | 'detail' | 'tagImages' | 'choices' | 'choose'> {
  const { read, write } = store;
  function rowOf(imageId: string): ImageRow {
    const row = read.images.byId(imageId);
    if (!row) throw because('image_unknown', {});
    return row;
  }
  return {
    images({ after, limit, rootId, filter }) {
      if (filter !== undefined || rootId !== undefined) {
        const below = placeOf(after, /^n(\d{1,15})$/)?.[0];
        const rows = read.facts.page(
          { ...filter, rootId: filter?.rootId ?? rootId },
          below === undefined ? undefined : Number(below),
          limit + 1,
        );
        const items = rows.slice(0, limit);
        const last = items.at(-1);
        return { items: items.map(toImage), next: rows.length > limit && last ? `n${last.number}` : null };
      }
      const end = String(Number.MAX_SAFE_INTEGER);
      const [at = end, number = end] = placeOf(after, /^(\d{1,16})\.(\d{1,15})$/) ?? [];
      const rows = read.images.page(Number(at), Number(number), limit + 1);
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(toImage),
        next: rows.length > limit && last ? `${last.imported_at}.${last.number}` : null,
      };
    },
    image: ({ imageId }) => toImage(rowOf(imageId)),
    async detail({ imageId }) {
      const row = rowOf(imageId);
      const facts = read.facts.one(row.content_hash);
      const roots = new Map(read.images.roots().map((r) => [r.root_id, r.path]));
      const files = await Promise.all(
        read.files.ofImage(row.content_hash).map(async (f) => ({
          rootId: f.root_id,
          file: f.file,
          state: !(await isFolder(roots.get(f.root_id) ?? ''))
            ? ('offline' as const)
            : f.missing_since === null
              ? ('present' as const)
              : ('missing' as const),
        })),
      );
      return {
        image: toImage(row),
        tags: read.facts.tags(row.content_hash),
        caption: facts?.caption ?? '',
        takenAt: facts?.taken_at ?? null,
        format: facts?.format ?? null,
        bytes: facts?.bytes ?? null,
        files,
        results: read.facts.used(row.content_hash),
      };
    },
    tagImages({ imageIds, addTags, removeTags }) {
      const rows = imageIds.map(rowOf);
      store.transaction(() => {
        for (const row of rows) write.facts.tag(row.content_hash, addTags, removeTags);
      });
      return {
        images: rows.map((row) => ({ imageId: row.image_id, tags: read.facts.tags(row.content_hash) })),
      };
    },
    choices: ({ phrase }) => choicesOf(phrase),
    choose({ phrase, contentHash, as }) {
      if (as !== 'none' && !read.images.byHash(contentHash)) throw because('image_unknown', {});
      if (as === 'none') write.facts.unchoose(phrase, contentHash);
      else write.facts.choose(phrase, contentHash, as, now());
      return choicesOf(phrase);
    },
  };
}
