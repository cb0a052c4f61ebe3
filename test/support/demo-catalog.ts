/** What the demonstration's catalog does beside searching: it forgets images and folders, and rests an import. */
import { AppError } from '#contract';
import type { Backup, CatalogImage, PhraseChoices, Root, StudioServices } from '#contract';

type Extras = Pick<
  StudioServices['catalog'],
  | 'pauseImport'
  | 'resumeImport'
  | 'removeImages'
  | 'removeRoot'
  | 'watch'
  | 'activity'
  | 'detail'
  | 'duplicates'
  | 'tagImages'
  | 'complete'
  | 'choices'
  | 'choose'
  | 'addVectors'
  | 'vectorPasses'
  | 'backup'
  | 'backups'
  | 'check'
>;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });

/** `images` and `roots` lose what is removed. */
export function demoCatalog(
  images: { readonly image: CatalogImage }[],
  roots: Root[],
  state: { paused: boolean },
  /** A pack that reads the images just now. */
  reads?: string,
): Extras {
  const drop = (leaves: (image: CatalogImage) => boolean): { images: number } => {
    const before = images.length;
    const kept = images.filter(({ image }) => !leaves(image));
    images.splice(0, before, ...kept);
    return { images: before - kept.length };
  };
  const backups: Backup[] = [];
  const tags = new Map<string, string[]>();
  const chosen = new Map<string, PhraseChoices>();
  const choicesOf = (phrase: string): PhraseChoices => {
    const found = chosen.get(phrase) ?? { phrase, pins: [], bans: [], like: [] };
    chosen.set(phrase, found);
    return found;
  };
  const imageOf = (imageId: string): CatalogImage => {
    const found = images.find(({ image }) => image.imageId === imageId);
    if (!found) throw new AppError('not_found', 'No image has this id.');
    return found.image;
  };
  return {
    complete({ prefixes, limit }) {
      const all = ['beret', 'braided hair', 'bow tie', 'blond', 'bald'];
      const known = [
        ...[...tags.values(), ['best portraits', 'robots']]
          .flat()
          .map((phrase) => ({ phrase, from: 'tag' as const })),
        ...all.map((phrase) => ({ phrase, from: 'caption' as const })),
      ];
      const found = prefixes.flatMap((prefix) => known.filter(({ phrase }) => phrase.startsWith(prefix)));
      return { phrases: found.slice(0, limit) };
    },
    detail({ imageId }) {
      const image = imageOf(imageId);
      return {
        image,
        tags: tags.get(imageId) ?? [],
        caption: '',
        takenAt: null,
        format: 'png',
        bytes: 12_345,
        files: image.rootId === null ? [] : [{ rootId: image.rootId, file: image.name, state: 'present' }],
        results: 2,
      };
    },
    duplicates({ imageId }) {
      const at = images.findIndex(({ image }) => image.imageId === imageId);
      const hit = (n: number, score: number) => ({
        image: (images[(at + n) % images.length] as { image: CatalogImage }).image,
        rank: n,
        score,
        strength: null,
      });
      return { picture: [hit(1, 0.99)], look: [hit(2, 0.96), hit(3, 0.955)] };
    },
    tagImages({ imageIds, addTags, removeTags }) {
      return {
        images: imageIds.map((imageId) => {
          const old = (tags.get(imageOf(imageId).imageId) ?? []).filter((t) => !removeTags.includes(t));
          tags.set(imageId, [...new Set([...old, ...addTags])].sort());
          return { imageId, tags: tags.get(imageId) ?? [] };
        }),
      };
    },
    choices: ({ phrase }) => choicesOf(phrase),
    choose({ phrase, contentHash, as }) {
      const before = choicesOf(phrase);
      const without = (list: readonly string[]): string[] => list.filter((hash) => hash !== contentHash);
      const made = {
        phrase,
        pins: [...without(before.pins), ...(as === 'pin' ? [contentHash] : [])],
        bans: [...without(before.bans), ...(as === 'ban' ? [contentHash] : [])],
        like: [...without(before.like), ...(as === 'like' ? [contentHash] : [])],
      };
      chosen.set(phrase, made);
      return made;
    },
    backup() {
      const at = Date.now();
      const made = { name: `catalog-${at}.db`, at, bytes: 4096 };
      backups.unshift(made);
      return made;
    },
    backups: () => ({ backups }),
    check: () => ({ ok: true, problems: [], mended: [] }),
    pauseImport: () => {
      state.paused = true;
      return { running: true, paused: true };
    },
    resumeImport: () => {
      state.paused = false;
      return { running: true, paused: false };
    },
    removeImages: ({ imageIds }) => drop((image) => imageIds.includes(image.imageId)),
    removeRoot({ rootId }) {
      const at = roots.findIndex((r) => r.rootId === rootId);
      if (at >= 0) roots.splice(at, 1);
      return drop((image) => image.rootId === rootId);
    },
    addVectors: ({ packId }) => ({
      packId,
      state: 'done',
      done: 0,
      of: 0,
      unread: 0,
      perSecond: 0,
      secondsLeft: 0,
      error: null,
    }),
    async *vectorPasses(_, { signal }) {
      if (reads !== undefined)
        yield {
          packId: reads,
          state: 'running',
          done: 8412,
          of: 104_216,
          unread: 3,
          perSecond: 62,
          secondsLeft: 1545,
          error: null,
        };
      await aborted(signal);
    },
    async *activity(_, { signal }) {
      yield { type: 'changed' };
      await aborted(signal);
    },
    async *watch(_, { signal }) {
      for (const { rootId, state } of roots) yield { type: 'state', rootId, state };
      await aborted(signal);
    },
  };
}
