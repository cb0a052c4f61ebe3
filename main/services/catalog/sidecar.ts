/** Captions beside an image: `photo.jpg` with `photo.txt`, `photo.jpg.txt`, or the same with `.json`. */
import * as v from 'valibot';
import { readImageFile } from './read-file.ts';

export const MAX_SIDECAR_BYTES = 256 * 1024;
const MAX_CAPTION = 4000;

const Words = v.optional(v.string(), '');
const Json = v.object({
  caption: Words,
  description: Words,
  title: Words,
  text: Words,
  prompt: Words,
  alt: Words,
  tags: v.optional(v.union([v.string(), v.array(v.string())]), ''),
  keywords: v.optional(v.union([v.string(), v.array(v.string())]), ''),
});

/** The words of a sidecar's bytes; empty where it holds none that are known. */
export function captionOf(name: string, bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(bytes);
  let words = text;
  if (/\.json$/i.test(name)) {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return '';
    }
    const parsed = v.safeParse(Json, json);
    if (!parsed.success) return '';
    const { title, caption, description, text: plain, prompt, alt, tags, keywords } = parsed.output;
    words = [title, caption, description, plain, prompt, alt, ...[tags, keywords].flat()].join(' ');
  }
  return words
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_CAPTION);
}

/** All captions beside an image as one text. What cannot be read is passed over: a caption is a help, not a condition. */
export async function readCaption(paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const path of paths) {
    const file = await readImageFile(path, MAX_SIDECAR_BYTES).catch(() => null);
    if (file) parts.push(captionOf(path, file.bytes));
  }
  return parts.filter(Boolean).join(' ').slice(0, MAX_CAPTION);
}
