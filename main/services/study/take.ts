/**
 * Takes in a blind set from elsewhere: the set first, then its pictures. Until the last one is there it lies under another
 * name, so half a set is never rated and a break goes on where it was.
 */
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, because } from '#contract';
import type { StudySet } from '#contract';
import { isThere, writeAtomic, writeDerived } from '../../files.ts';
import { bare } from '../../bare-png.ts';

export interface Take {
  /** Throws `conflict` where a study of this name is here. */
  begin(set: StudySet): Promise<{ lacks: string[] }>;
  /** Throws `not_found` before `begin`, `invalid_input` for a picture that the set does not show or that is no PNG. */
  images(
    studyId: string,
    images: readonly { readonly image: string; readonly png: Uint8Array }[],
  ): Promise<{ lacks: string[] }>;
}

const imagesOf = (set: StudySet): string[] =>
  set.items.flatMap((item) => (item.kind === 'picture' ? [item.image] : [item.left, item.right]));

export function makeTake(folder: string): Take {
  const part = (studyId: string): string => join(folder, `${studyId}.taken`);

  async function lacks(set: StudySet): Promise<{ lacks: string[] }> {
    const there = new Set(await readdir(join(part(set.studyId), 'images')));
    return { lacks: imagesOf(set).filter((image) => !there.has(`${image}.png`)) };
  }

  return {
    async begin(set) {
      if (await isThere(join(folder, set.studyId))) throw because('study_rated', { study: set.studyId });
      const images = imagesOf(set);
      if (new Set(images).size !== images.length) throw because('study_altered', {});
      const text = `${JSON.stringify(set, null, 1)}\n`;
      const path = join(part(set.studyId), 'set.json');
      // Pictures of another set of the same name would be shown with these sentences.
      if ((await readFile(path, 'utf8').catch(() => null)) !== text) {
        await rm(part(set.studyId), { recursive: true, force: true });
        await mkdir(join(part(set.studyId), 'images'), { recursive: true });
        await writeAtomic(path, text);
      }
      return lacks(set);
    },
    async images(studyId, images) {
      const raw = await readFile(join(part(studyId), 'set.json'), 'utf8').catch(() => null);
      if (raw === null) throw new AppError('not_found', `No set "${studyId}" is being taken in.`);
      const set = JSON.parse(raw) as StudySet;
      const shown = new Set(imagesOf(set));
      for (const { image, png } of images) {
        if (!shown.has(image)) throw new AppError('invalid_input', 'The set does not show this picture.');
        await writeDerived(join(part(studyId), 'images', `${image}.png`), bare(png));
      }
      const left = await lacks(set);
      if (left.lacks.length === 0) await rename(part(studyId), join(folder, studyId));
      return left;
    },
  };
}
