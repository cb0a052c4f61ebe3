/** What an export reads: every image, choice and stub page by page, so that writing may go on meanwhile. */
import { IN_FILES } from './files.ts';
import type { ImageRow } from './images.ts';
import type { Db } from './open.ts';

export interface ChoiceRow {
  readonly phrase: string;
  readonly content_hash: string;
  readonly choice: string;
  readonly chosen_at: number;
}
export interface StubRow {
  readonly content_hash: string;
  readonly name: string;
  readonly removed_at: number;
  readonly reason: string;
}

export function transferReads(db: Db) {
  const images = db.prepare<[string, number], ImageRow>(
    `SELECT image_id, content_hash, name, width, height, imported_at, root_id FROM images i WHERE content_hash > ?
       AND (root_id IS NOT NULL OR ${IN_FILES})
       ORDER BY content_hash LIMIT ?`,
  );
  const choices = db.prepare<[string, string, number], ChoiceRow>(
    `SELECT phrase, content_hash, choice, chosen_at FROM choices WHERE (phrase, content_hash) > (?, ?)
       ORDER BY phrase, content_hash LIMIT ?`,
  );
  const stubs = db.prepare<[string, number], StubRow>(
    'SELECT * FROM stubs WHERE content_hash > ? ORDER BY content_hash LIMIT ?',
  );
  const encoders = db.prepare<[], string>('SELECT name FROM counters ORDER BY name').pluck();
  return {
    /** The next images after a content hash that came from the user's folders. */
    images: (after: string, limit: number) => images.all(after, limit),
    choices: (after: { phrase: string; hash: string }, limit: number) =>
      choices.all(after.phrase, after.hash, limit),
    stubs: (after: string, limit: number) => stubs.all(after, limit),
    /** Encoders that some image has, or had, a vector of. */
    encoders: () => encoders.all(),
  };
}
