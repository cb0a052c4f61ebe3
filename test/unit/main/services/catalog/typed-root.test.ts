/** Folders that a page names by their path. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Roots } from '../../../../../contract/schema/catalog.ts';
import { makeCatalogRig, packOf } from '../../../../support/catalog-rig.ts';
import type { CatalogRig } from '../../../../support/catalog-rig.ts';
import { idle } from '../../../../support/host.ts';

let rig: CatalogRig;
beforeEach(() => {
  rig = makeCatalogRig([packOf('a', 32)]);
});
afterEach(() => {
  rig.dispose();
});

const rootsOf = async () => v.parse(Roots, await rig.catalog.service.roots({}, idle));

it('a folder that is there becomes a root, once', async () => {
  const folder = join(rig.folder, 'holiday');
  mkdirSync(folder);
  const { root } = await rig.catalog.service.addRoot({ path: folder }, idle);
  expect(root).toMatchObject({ name: 'holiday', state: 'online', builtIn: false });
  expect((await rig.catalog.service.addRoot({ path: `${folder}/` }, idle)).root.rootId).toBe(root.rootId);
  expect(await rootsOf()).toMatchObject({ mayType: true, roots: [{ name: 'holiday' }] });
});

it('absent, no folder, forbidden and relative get one answer, and nothing becomes known', async () => {
  const file = join(rig.folder, 'file.png');
  writeFileSync(file, 'x');
  const shut = join(rig.folder, 'shut');
  mkdirSync(shut);
  chmodSync(shut, 0);
  const paths = [join(rig.folder, 'absent'), file, 'holiday', '../../etc'];
  // The superuser may read everything.
  if (process.getuid?.() !== 0) paths.push(shut);
  for (const path of paths)
    await expect(rig.catalog.service.addRoot({ path }, idle)).rejects.toMatchObject({
      code: 'not_found',
      message: `There is no folder "${path}" that the studio may read. Expected the whole path of a folder with images.`,
    });
  expect((await rootsOf()).roots).toEqual([]);
});

it('a host that others can reach takes no paths, whether the folder is there or not', async () => {
  const closed = makeCatalogRig([packOf('a', 32)], { mayType: false });
  for (const path of [closed.folder, '/absent'])
    await expect(closed.catalog.service.addRoot({ path }, idle)).rejects.toMatchObject({
      code: 'not_supported',
    });
  expect(await closed.catalog.service.roots({}, idle)).toEqual({ roots: [], mayType: false });
  closed.dispose();
});
