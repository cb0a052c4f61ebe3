/** SIGKILL at random moments of an import (T1), with a real process and a real catalog. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from '../../training/data/random.ts';
import { pngOf } from './images.ts';

const CHILD = fileURLToPath(new URL('catalog-kill-child.ts', import.meta.url));

/** Runs an import until `killAt` lines of acknowledgement were seen and `afterMs` more, or to its end. */
function run(
  catalog: string,
  pictures: string,
  killAt: number,
  afterMs: number,
): Promise<{ acked: number; done: boolean; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, catalog, pictures], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!timer && text.split('\n').length > killAt)
        timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.on('error', reject);
    child.on('close', (_, signal) => {
      clearTimeout(timer);
      // A line that was cut off by the kill was not said.
      const lines = text.split('\n').slice(0, -1);
      const acks = lines.filter((l) => l.startsWith('ack ')).map((l) => Number(l.slice(4)));
      resolve({ acked: acks.at(-1) ?? 0, done: lines.includes('done'), killed: signal === 'SIGKILL' });
    });
  });
}

/** Everything that an import leaves behind, but for ids and times. */
function contentsOf(catalog: string): {
  images: unknown[];
  files: unknown[];
  vectors: unknown[];
  facts: unknown[];
} {
  const db = new Database(join(catalog, 'home', 'catalog.db'));
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return {
      images: db.prepare('SELECT content_hash, name, width, height FROM images ORDER BY 1').raw().all(),
      files: db.prepare('SELECT file, content_hash, bytes FROM files ORDER BY 1').raw().all(),
      vectors: db
        .prepare('SELECT content_hash, hex(embedding) FROM vectors JOIN images USING (number) ORDER BY 1')
        .raw()
        .all(),
      facts: db
        .prepare(
          'SELECT content_hash, format, look, f.name FROM facts f JOIN images USING (number) ORDER BY 1',
        )
        .raw()
        .all(),
    };
  } finally {
    db.close();
  }
}

/**
 * `parts` tests of `rounds` kills each, over as many imports as that takes; each import ends as one that nobody disturbed.
 * Every part has its own moments, and can be run alone by its name (`-t 'part 3 of'`).
 */
export function catalogKillSuite(rounds: number, pictures = 240, parts = 1): void {
  describe('an import that is killed again and again (T1)', () => {
    let parent: string;
    let folder: string;
    let expected: ReturnType<typeof contentsOf>;
    beforeAll(async () => {
      parent = mkdtempSync(join(tmpdir(), 'accent-kill-import-'));
      folder = join(parent, 'pictures');
      mkdirSync(folder);
      for (let i = 0; i < pictures; i++)
        writeFileSync(
          join(folder, `${String(i).padStart(4, '0')}.png`),
          // Every seventh is a copy of the one before it, every thirtieth is cut off.
          (
            await pngOf([(i - (i % 7 === 6 ? 1 : 0)) % 251, (i * 7 - (i % 7 === 6 ? 7 : 0)) % 241, 90])
          ).subarray(0, i % 30 === 29 ? 60 : undefined),
        );
      const undisturbed = join(parent, 'undisturbed');
      expect(await run(undisturbed, folder, Infinity, 0)).toMatchObject({ done: true });
      expected = contentsOf(undisturbed);
      expect(expected.files.length).toBe(pictures - Math.floor(pictures / 30));
    }, 600_000);
    afterAll(() => {
      rmSync(parent, { recursive: true, force: true });
    });

    // Seconds a round on a machine that has nothing else to do; many times that on one that has.
    const options = { timeout: rounds * 30_000 };
    const name = (part: number): string =>
      `loses no acknowledged row in ${rounds} kills and ends with the same contents, part ${part} of ${parts}`;
    const numbers = Array.from({ length: parts }, (_, i) => i + 1);
    it.each(numbers.map((part) => [name(part), part] as const))('%s', options, async (_, part) => {
      const draw = random('kill import', part);
      let kills = 0;
      for (let n = 0; kills < rounds; n++) {
        const catalog = join(parent, `killed-${part}-${n}`);
        let before = 0;
        for (let done = false; !done && kills < rounds;) {
          const result = await run(catalog, folder, Math.floor(draw.next() * 4), draw.next() * 60);
          if (result.killed) kills++;
          done = result.done;
          const { images, files, vectors } = contentsOf(catalog);
          // What it told, and what earlier runs had, is there; and no image is there twice or by half.
          expect(images.length).toBeGreaterThanOrEqual(before);
          expect(vectors.length).toBe(images.length);
          expect(new Set(images.map((i) => (i as string[])[0])).size).toBe(images.length);
          expect(files.length).toBeGreaterThanOrEqual(images.length);
          expect(images.length - before).toBeGreaterThanOrEqual(result.acked);
          before = images.length;
        }
        if (kills >= rounds) expect(await run(catalog, folder, Infinity, 0)).toMatchObject({ done: true });
        expect(contentsOf(catalog)).toEqual(expected);
        rmSync(catalog, { recursive: true, force: true });
      }
      expect(kills).toBeGreaterThanOrEqual(rounds);
    });
  });
}
