/** SIGKILL at statements of the catalog (T3), with real processes. The tests choose which statements. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS, openStore } from '../../main/services/store/index.ts';
import { each, killStoreChildren, startStoreChild as start } from './host-children.ts';
import { SECOND } from './host-migrations.ts';

type Point = readonly ['before' | 'after', number];

/** The version that a reader finds in the file, write-ahead log included. */
function versionOf(folder: string): number {
  const db = new Database(join(folder, 'catalog.db'));
  const version = db.pragma('user_version', { simple: true }) as number;
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
  return version;
}

const FIRST = MIGRATIONS.at(-1)?.version;

/** `choose` picks from all points, in order: before and after each statement. */
export function killSuite(choose: (points: readonly Point[]) => readonly Point[]): void {
  let parent: string;
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), 'accent-kill-'));
  });
  afterAll(() => {
    killStoreChildren();
    rmSync(parent, { recursive: true, force: true });
  });
  const points = (n: number): readonly Point[] =>
    choose(
      Array.from({ length: n }, (_, i) => i + 1).flatMap((i): Point[] => [
        ['before', i],
        ['after', i],
      ]),
    );

  describe('a kill at any statement (T3)', () => {
    it('of the first start leaves no catalog or a whole one, and the next start works', async () => {
      const total = Number((await start(join(parent, 'count-first'), 'first').ended).output);
      expect(total).toBeGreaterThan(MIGRATIONS.flatMap((m) => m.statements).length);
      await each(points(total), async ([when, n]) => {
        const folder = join(parent, `first-${when}-${n}`);
        expect((await start(folder, 'first', when, String(n)).ended).signal).toBe('SIGKILL');
        if (existsSync(join(folder, 'catalog.db'))) expect(versionOf(folder)).toBe(FIRST);
        openStore(folder).close();
        expect(versionOf(folder)).toBe(FIRST);
      });
    });

    it('of an upgrade leaves the old or the new version, with a backup from the moment it changes', async () => {
      const old = join(parent, 'old');
      const db = openStore(old);
      db.exec(`INSERT INTO images VALUES (1, 'i', 'h', 'n', 1, 1, 1, NULL)`);
      db.close();
      const fresh = (name: string): string => {
        cpSync(old, join(parent, name), { recursive: true });
        return join(parent, name);
      };
      const total = Number((await start(fresh('count-second'), 'second').ended).output);
      await each(points(total), async ([when, n]) => {
        const folder = fresh(`second-${when}-${n}`);
        expect((await start(folder, 'second', when, String(n)).ended).signal).toBe('SIGKILL');
        const version = versionOf(folder);
        expect([FIRST, SECOND.version]).toContain(version);
        if (version === SECOND.version)
          expect(readdirSync(folder).some((f) => /^catalog\.before-\d+\.db$/.test(f))).toBe(true);
        const again = openStore(folder, [...MIGRATIONS, SECOND]);
        expect(again.prepare('SELECT image_id, note FROM images').all()).toEqual([
          { image_id: 'i', note: 'moved' },
        ]);
        again.close();
      });
    });
  });
}
