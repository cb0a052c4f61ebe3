/** Gallery and references through the real studio. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngOf } from '../support/images.ts';
import { live, openSuite, soon } from './studio-suite.ts';
import type { Suite } from './studio-suite.ts';

let suite: Suite;
let studio: Suite['studio'];
let user: Suite['user'];
beforeAll(async () => {
  suite = await openSuite();
  ({ studio, user } = suite);
});
afterAll(async () => {
  await suite?.close();
});

describe('the gallery', () => {
  it('finds a pair by its words, stars one, takes back a delete and that of one half, and brings a pair back into Compose', async () => {
    await user.setNumber('steps', 4);
    await user.write('a person with red beanie');
    await user.stress('red');
    await user.setNumber('seed', 7);
    await user.generate();
    await user.hasResults(1);
    await user.write('a person with green shades');
    await user.generate();
    await user.hasResults(2);

    await user.go('gallery');
    await soon(() => user.gallery.count()).toBe(2);
    await user.gallery.search('beanie');
    await soon(() => user.gallery.count()).toBe(1);
    await user.gallery.choose(0);
    await user.gallery.star();
    await soon(() => user.gallery.countOf('starred')).toContain('1');
    await user.gallery.search('');
    await soon(() => user.gallery.count()).toBe(2);
    const { items } = await studio.host.services.gallery.browse(
      { filter: { deleted: false }, limit: 10 },
      live,
    );
    expect(items.map(({ prompt, starred }) => [prompt, starred])).toEqual([
      ['a person with green shades', false],
      ['a person with red beanie', true],
    ]);

    await user.gallery.choose(0);
    await user.gallery.remove();
    await soon(() => user.gallery.count()).toBe(1);
    await soon(() => user.gallery.countOf('bin')).toContain('1');
    await user.gallery.undo();
    await soon(() => user.gallery.count()).toBe(2);

    await user.gallery.choose(0);
    await user.gallery.keepOne();
    await soon(() => user.gallery.pictures()).toEqual([expect.stringMatching(/^Refined/)]);
    await soon(() => user.gallery.countOf('bin')).toContain('1');
    await user.gallery.undo();
    await soon(() => user.gallery.pictures()).toHaveLength(2);

    await user.gallery.choose(1);
    await user.gallery.recall();
    await soon(() => user.sentence()).toBe('a person with red beanie');
    expect(user.complaints).toEqual([]);
    expect(studio.errors).toEqual([]);
  });
});

describe('the references', () => {
  it('come in from a folder that was named by its path, and are found by words', async () => {
    const folder = join(studio.references, '..', 'holiday');
    mkdirSync(folder);
    writeFileSync(join(folder, 'crimson.png'), await pngOf([255, 0, 0]));
    writeFileSync(join(folder, 'sky.png'), await pngOf([120, 120, 255]));
    await user.go('references');
    await user.library.typeFolder(join(folder, 'nowhere'));
    await soon(() => user.library.typedProblem()).toContain('There is no folder');
    await user.library.typeFolder(folder);
    await soon(() => user.library.folders()).toEqual(['references', 'holiday']);
    expect(await user.library.reportOf('holiday')).toContain('2 imported');
    await soon(() => user.library.heading()).toContain('10');
    await user.library.search('blue');
    await soon(() => user.library.heading()).toContain('best first');
    await soon(async () => (await user.library.pictures())[0]).toEqual({ name: 'sky.png', loaded: true });
    expect(user.complaints).toEqual([]);
    expect(studio.errors).toEqual([expect.stringContaining('There is no folder')]);
  });
});
