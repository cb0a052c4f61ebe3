/** Folders that a page names by their path, and those that are offered by name. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
  expect(await rootsOf()).toMatchObject({ adds: 'path', offered: [], roots: [{ name: 'holiday' }] });
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
  expect(await closed.catalog.service.roots({}, idle)).toEqual({
    roots: [],
    images: 0,
    own: 0,
    adds: 'nothing',
    offered: [],
  });
  closed.dispose();
});

it('a page from elsewhere adds what is offered, by name, and learns of nothing else', async () => {
  const [holiday, gone, second] = ['holiday', 'gone', 'more/holiday'].map((name) => join(rig.folder, name));
  for (const path of [holiday, gone, second]) mkdirSync(path as string, { recursive: true });
  const offering = makeCatalogRig([packOf('a', 32)], {
    offered: [holiday, gone, second, `${holiday as string}/`] as string[],
  });
  const { guest, service } = offering.catalog;
  expect(await guest.roots({}, idle)).toEqual({
    roots: [],
    images: 0,
    own: 0,
    adds: 'name',
    offered: ['holiday', 'gone', 'holiday 2'],
  });
  const { root } = await guest.addRoot({ name: 'holiday 2' }, idle);
  expect(root.name).toBe('holiday');
  expect(offering.store.read.images.roots().map(({ path }) => path)).toEqual([second]);
  expect((await guest.roots({}, idle)).offered).toEqual(['holiday', 'gone']);
  rmSync(gone as string, { recursive: true });
  // Offered but gone, never offered, and what would be a path: one answer.
  for (const name of ['gone', 'absent', '..', `../${rig.folder}`, '/etc', ''])
    await expect(guest.addRoot({ name }, idle)).rejects.toMatchObject({
      code: 'not_found',
      message: `There is no folder "${name}" among those that this studio offers.`,
    });
  // A path gets one answer too, whether it is offered, there or absent.
  for (const path of [holiday as string, rig.folder, '/absent'])
    await expect(guest.addRoot({ path }, idle)).rejects.toMatchObject({ code: 'not_supported' });
  await expect(guest.pickRoot({}, idle)).rejects.toMatchObject({ code: 'not_supported' });
  // Whoever sits at the machine has both ways.
  expect((await service.roots({}, idle)).adds).toBe('path');
  expect((await service.addRoot({ name: 'holiday' }, idle)).root.name).toBe('holiday');
  offering.dispose();
});
