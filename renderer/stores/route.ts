import { defineStore } from 'pinia';
import { ref } from 'vue';

export const PLACES = ['compose', 'gallery', 'references', 'study', 'packs', 'settings'] as const;
export type Place = (typeof PLACES)[number];

/** The place that a fragment names (`#/gallery`), or undefined. */
export function placeOf(hash: string): Place | undefined {
  const name = /^#\/([a-z]+)/.exec(hash)?.[1];
  return PLACES.find((place) => place === name);
}

/** Where the user is. It stands in the address, so that reload, back and a second tab do what they do elsewhere. */
export const useRouteStore = defineStore('route', () => {
  const place = ref<Place>(placeOf(location.hash) ?? 'compose');
  window.addEventListener('hashchange', () => {
    const named = placeOf(location.hash);
    if (named) place.value = named;
    else if (location.hash === '') place.value = 'compose';
  });

  /** Where the focus goes in a place that is come to by a key, or by what is not there any more. */
  const ENTRIES: Readonly<Partial<Record<Place, string>>> = {
    compose: 'sentence',
    gallery: 'grid',
    references: 'grid',
  };
  let entry: string | undefined;

  /** Goes to a place; `at` names where in it (`data-entry`), where that is not its usual part. */
  function go(to: Place, at?: string): void {
    entry = at;
    location.hash = `#/${to}`;
    place.value = to;
  }

  /** Where the focus of whoever has just come belongs; told once. */
  function takeEntry(): string | undefined {
    const taken = entry ?? ENTRIES[place.value];
    entry = undefined;
    return taken;
  }

  return { place, go, takeEntry };
});
