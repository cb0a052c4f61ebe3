/** Races for the catalog's lease (T11), with real processes. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeLease } from '../../../../../main/services/store/index.ts';
import { killStoreChildren, startStoreChild as start } from '../../../../support/host-children.ts';

let parent: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'accent-lease-'));
});
afterAll(() => {
  killStoreChildren();
  rmSync(parent, { recursive: true, force: true });
});

describe('the lease (T11)', () => {
  const folderOf = (name: string): string => {
    const folder = join(parent, name);
    mkdirSync(folder);
    return folder;
  };

  it('has exactly one owner in a race, and the losers name it quickly', async () => {
    for (let round = 0; round < 2; round++) {
      const folder = folderOf(`race-${round}`);
      const racers = Array.from({ length: 3 }, (_, i) => start(folder, 'race', String(4000 + i)));
      const answers = (await Promise.all(racers.map((r) => r.line))).map(
        (l) =>
          JSON.parse(l) as {
            taken: boolean;
            code?: string;
            details?: { pid: number; port: number };
            message?: string;
            ms: number;
          },
      );
      const winners = racers.filter((_, i) => answers[i]?.taken);
      expect(winners).toHaveLength(1);
      const winner = winners[0]?.child;
      for (const loser of answers.filter((a) => !a.taken)) {
        expect(loser).toMatchObject({
          code: 'catalog_locked',
          details: { pid: winner?.pid, port: 4000 + racers.findIndex((r) => r.child === winner) },
        });
        expect(loser.message).toContain(`process ${winner?.pid}`);
        expect(loser.ms).toBeLessThan(1000);
      }
      expect(existsSync(join(folder, 'catalog.db'))).toBe(false);
      winner?.kill('SIGKILL');
      await winners[0]?.ended;
      // Killed, not released: the next one has it at once, although the dead owner's name still lies there.
      expect(existsSync(join(folder, 'catalog.lease'))).toBe(true);
      takeLease(folder, null)();
    }
  }, 60_000);

  it('is free again after it was released, and not before', async () => {
    const folder = folderOf('release');
    const owner = start(folder, 'race', '4000');
    await owner.line;
    expect(() => takeLease(folder, null)).toThrow(
      expect.objectContaining({
        code: 'catalog_locked',
        details: { pid: owner.child.pid, port: 4000 },
      }) as Error,
    );
    owner.child.stdin?.write('go');
    await owner.ended;
    expect(existsSync(join(folder, 'catalog.lease'))).toBe(false);
    const release = takeLease(folder, 4001);
    expect(JSON.parse(readFileSync(join(folder, 'catalog.lease'), 'utf8'))).toMatchObject({
      pid: process.pid,
      port: 4001,
    });
    expect(() => takeLease(folder, null)).toThrow(/in use by process/);
    release();
    release();
    takeLease(folder, null)();
  });

  it('does not travel with a copied folder', () => {
    const folder = folderOf('original');
    const release = takeLease(folder, null);
    cpSync(folder, join(parent, 'copy'), { recursive: true });
    takeLease(join(parent, 'copy'), null)();
    release();
  });
});
