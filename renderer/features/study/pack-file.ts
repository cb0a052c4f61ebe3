/** A blind set as one file for other raters: the set and its pictures, no arm, no key. Pure. */
import { StudySet, because, parse } from '#contract';
import type { AppError, StudyItem } from '#contract';

const FORMAT = 'accent-study-pack';

/** Names of the pictures that a set shows. */
export const imagesOf = (items: readonly StudyItem[]): string[] =>
  items.flatMap((item) => (item.kind === 'picture' ? [item.image] : [item.left, item.right]));

export interface StudyPackFile {
  readonly set: StudySet;
  readonly images: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** The file's text: JSON, pictures as base64 of their PNG files. */
export function writePackFile({
  set,
  images,
}: {
  set: StudySet;
  images: ReadonlyMap<string, Uint8Array>;
}): string {
  const pictures = Object.fromEntries([...images].map(([name, png]) => [name, base64(png)]));
  return JSON.stringify({ format: FORMAT, schema: 1, set, images: pictures });
}

/** Throws `invalid_input` for what is no such file, or lacks a picture. */
export async function readPackFile(text: string): Promise<StudyPackFile> {
  const bad = (): AppError => because('not_a_study_file', {});
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw bad();
  }
  if (typeof file !== 'object' || file === null || Reflect.get(file, 'format') !== FORMAT) throw bad();
  const set = await parse(StudySet, Reflect.get(file, 'set'), 'study file');
  const given: unknown = Reflect.get(file, 'images');
  if (typeof given !== 'object' || given === null) throw bad();
  const images = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of imagesOf(set.items)) {
    const png: unknown = Reflect.get(given, name);
    if (typeof png !== 'string') {
      throw because('study_file_incomplete', {});
    }
    try {
      images.set(name, fromBase64(png));
    } catch {
      throw bad();
    }
  }
  return { set, images };
}
