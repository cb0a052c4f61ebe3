/** What is typed into the gallery's search as a filter: plain words, and `pack:` `chip:` `tag:` `ref:` `star` `after:`. Pure. */
import type { GalleryFilter } from '#contract';

export type Filter = Partial<
  Pick<GalleryFilter, 'words' | 'starred' | 'tag' | 'packId' | 'emphasis' | 'reference' | 'from' | 'to'>
>;

const TOKEN = /(?:(\p{L}+):)?(?:"([^"]*)"?|(\S+))/gu;
const HASH = /^[0-9a-f]{64}$/;

/**
 * Reads the text. A value with spaces stands in quotes: `chip:"full beard"`. A key that is not known, and a value that its
 * key cannot have, are searched for as words, so that nothing that is typed is silently left out.
 */
export function readQuery(text: string): Filter {
  const filter: { -readonly [K in keyof Filter]: Filter[K] } = {};
  const words: string[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [whole, key, quoted, plain] = match;
    const value = (quoted ?? plain ?? '').trim();
    if (value === '') continue;
    const day = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00`).getTime() : NaN;
    switch (key?.toLowerCase()) {
      case 'chip':
        filter.emphasis = value;
        break;
      case 'tag':
        filter.tag = value;
        break;
      case 'pack':
        if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(value)) filter.packId = value;
        else words.push(value);
        break;
      case 'ref':
        if (HASH.test(value)) filter.reference = value;
        else words.push(value);
        break;
      case 'after':
        if (Number.isNaN(day)) words.push(whole);
        else filter.from = day;
        break;
      case 'before':
        if (Number.isNaN(day)) words.push(whole);
        else filter.to = day;
        break;
      case 'is':
        if (value === 'starred') filter.starred = true;
        else words.push(value);
        break;
      default:
        words.push(key === undefined ? value : `${key} ${value}`);
    }
  }
  if (words.length > 0) filter.words = words.join(' ').slice(0, 200);
  return filter;
}

const tokenOf = (key: string, value: string): string => `${key}:${/\s/.test(value) ? `"${value}"` : value}`;
const partsOf = (text: string): string[] => [...text.matchAll(TOKEN)].map(([whole]) => whole);

/** The text with a `key:value` added, or taken out where it stands already. */
export function toggleToken(text: string, key: string, value: string): string {
  const token = tokenOf(key, value);
  const parts = partsOf(text);
  if (hasToken(text, key, value)) {
    return parts.filter((part) => part.toLowerCase() !== token.toLowerCase()).join(' ');
  }
  // One value a key: another one takes its place.
  return [...parts.filter((part) => !part.toLowerCase().startsWith(`${key}:`)), token].join(' ');
}

/** True where the token stands in the text. */
export function hasToken(text: string, key: string, value: string): boolean {
  const token = tokenOf(key, value).toLowerCase();
  return partsOf(text).some((part) => part.toLowerCase() === token);
}
