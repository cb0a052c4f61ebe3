/** What there is to filter by, with how many pairs: counted over the whole gallery, again only when pairs came or went. */
import type { GalleryFacets } from '#contract';
import type { Store } from '../store/index.ts';

export interface Facets {
  read(): GalleryFacets;
  /** Pairs came, went, or name other phrases than before; stars and tags are no such change. */
  changed(): void;
}

export function makeFacets({ read: { gallery } }: Store): Facets {
  let kept: Pick<GalleryFacets, 'packs' | 'emphases'> | undefined;
  return {
    read() {
      // A tenth of a second at a million pairs, in which the host answers nobody: too long for each star.
      kept ??= {
        packs: gallery.facet('packs').map(({ name, count }) => ({ packId: name, count })),
        emphases: gallery.facet('emphases').map(({ name, count }) => ({ emphasis: name, count })),
      };
      const tags = gallery.facet('tags').map(({ name, count }) => ({ tag: name, count }));
      return { ...gallery.counts(), tags, ...kept };
    },
    changed() {
      kept = undefined;
    },
  };
}
