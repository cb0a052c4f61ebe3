import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';

let rig: CatalogRig;
afterEach(() => {
  rig.dispose();
});

describe('the daily backup', () => {
  it('is made once a day, and what keeps it from being made is told', { timeout: 120_000 }, async () => {
    const DAY = 86_400_000;
    let clock = 1_700_000_000_000;
    rig = makeCatalogRig([packOf('a', 8)], { now: () => clock });
    const count = (): number => rig.store.care.backups().length;
    await rig.catalog.backUpDaily();
    expect(count()).toBe(1);
    clock += DAY - 1;
    await rig.catalog.backUpDaily();
    expect(count()).toBe(1);
    clock += 1;
    await rig.catalog.backUpDaily();
    expect(count()).toBe(2);
    expect(rig.catalog.backupProblem()).toBeNull();
    clock += DAY;
    // A folder stands where the copy is to be written.
    const inTheWay = join(rig.folder, 'home', 'backups', `catalog-${clock}.db.part`);
    mkdirSync(inTheWay);
    await rig.catalog.backUpDaily();
    expect(rig.catalog.backupProblem()).not.toBeNull();
    expect(count()).toBe(2);
    rmSync(inTheWay, { recursive: true, force: true });
    await rig.catalog.backUpDaily();
    expect(rig.catalog.backupProblem()).toBeNull();
    expect(count()).toBe(3);
  });
});
