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

  function go(to: Place): void {
    location.hash = `#/${to}`;
    place.value = to;
  }

  return { place, go };
});
