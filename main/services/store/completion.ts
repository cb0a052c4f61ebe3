import type { Db } from './open.ts';

/** What completion reads of tags and captions, in strides that are bounded whatever the catalog's size. */
export function completionReads(db: Db) {
  // Along the index of tags: each step jumps over all images of one tag.
  const firstTag = db
    .prepare<[string], string>('SELECT tag FROM image_tags WHERE tag >= ? ORDER BY tag LIMIT 1')
    .pluck();
  const nextTag = db
    .prepare<[string], string>('SELECT tag FROM image_tags WHERE tag > ? ORDER BY tag LIMIT 1')
    .pluck();
  const tagged = db
    .prepare<[string, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM image_tags WHERE tag = ? LIMIT ?)',
    )
    .pluck();
  const captions = db.prepare<[number, number], { number: number; caption: string }>(
    'SELECT number, caption FROM facts WHERE number > ? ORDER BY number LIMIT ?',
  );
  return {
    /** Tags that begin with `prefix` (capitals do not count), in alphabetical order, at most `limit`. */
    tags(prefix: string, limit: number): string[] {
      const wanted = prefix.toLowerCase();
      const found: string[] = [];
      let tag = firstTag.get(prefix);
      while (tag?.toLowerCase().startsWith(wanted) === true && found.length < limit) {
        found.push(tag);
        tag = nextTag.get(tag);
      }
      return found;
    },
    /** Images with a tag; `most` where there are as many or more. */
    tagged: (tag: string, most: number) => tagged.get(tag, most) ?? 0,
    /** The next captions after an image's number. */
    captions: (after: number, limit: number) => captions.all(after, limit),
  };
}
