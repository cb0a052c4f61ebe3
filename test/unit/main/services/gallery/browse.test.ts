import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { BrowseRequest, GalleryPair } from '../../../../../contract/index.ts';
import type { GalleryFilter, Recipe } from '../../../../../contract/index.ts';
import { makeGallery } from '../../../../../main/services/gallery/index.ts';
import type { Gallery } from '../../../../../main/services/gallery/index.ts';
import { MIGRATIONS, makeStore, migrate, openStore } from '../../../../../main/services/store/index.ts';
import { recipeWith } from '../../../../support/recipe.ts';

const idle = { signal: new AbortController().signal };
const reference = (letter: string) => ({
  contentHash: letter.repeat(64),
  rank: 1,
  score: 0.5,
  weight: 1,
  pinned: false,
});
const emphasis = (phrase: string, letter: string): Recipe['emphases'][number] => ({
  id: 'e1',
  phrase,
  weight: 1,
  muted: false,
  bans: [],
  references: [reference(letter)],
});

let folder: string;
let store: ReturnType<typeof makeStore>;
let gallery: Gallery;
let clock: number;
let purged: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-gallery-'));
  store = makeStore(openStore(folder));
  clock = 1000;
  purged = [];
  gallery = makeGallery(
    store,
    folder,
    () => clock++,
    (hashes) => {
      purged.push(...hashes);
      return Promise.resolve();
    },
  );
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function add(prompt: string, change: Partial<Recipe> = {}): Promise<string> {
  const recipe = recipeWith({ prompt, ...change });
  const rgb = new Uint8Array(48).fill(clock % 251);
  const { pairId } = await gallery.add(
    { jobId: `job-${clock}`, prompt, seed: 7, embedRecipe: true },
    [{ arm: 'refined', size: 4, rgb, recipe }],
    () => undefined,
  );
  return pairId;
}

async function found(filter: Partial<GalleryFilter>, limit = 100): Promise<string[]> {
  const prompts: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await gallery.service.browse(
      v.parse(BrowseRequest, { filter, limit, ...(after === undefined ? {} : { after }) }),
      idle,
    );
    for (const item of page.items) prompts.push(v.parse(GalleryPair, item).prompt);
    if (page.next === null) return prompts;
    after = page.next;
  }
}

describe('the gallery', () => {
  it('says what was stressed in each pair, with its weight and place', async () => {
    await add('a person with a full beard and a hat', {
      emphases: [
        { ...emphasis('full beard', 'a'), weight: 1.6, span: [16, 26] },
        { ...emphasis('hat', 'b'), muted: true },
      ],
    });
    await add('a person', { emphases: [] });
    const { items } = await gallery.service.browse(v.parse(BrowseRequest, { limit: 10 }), idle);
    expect(items.map(({ emphases }) => emphases)).toEqual([
      [],
      [
        { phrase: 'full beard', weight: 1.6, muted: false, span: [16, 26] },
        { phrase: 'hat', weight: 1, muted: true },
      ],
    ]);
  });

  it('lists a pair whose recipe says nothing of emphases beside the others', async () => {
    const bare = await add('a robot');
    await add('a plant', { emphases: [emphasis('plant', 'a')] });
    const db = new Database(join(folder, 'catalog.db'));
    db.prepare("UPDATE results SET recipe = '{}' WHERE pair_id = ?").run(bare);
    db.close();
    const { items } = await gallery.service.browse(v.parse(BrowseRequest, { limit: 10 }), idle);
    expect(items.map(({ emphases }) => emphases.length)).toEqual([1, 0]);
  });

  it('finds pairs by words, emphasis, reference, pack, time, star and tag, alone and together', async () => {
    const robot = await add('a Röbot with antennas', { emphases: [emphasis('antennas', 'a')] });
    const beard = await add('a person with a beard', { emphases: [emphasis('Beard', 'b')] });
    const plant = await add('a plant beside a robot', {
      emphases: [emphasis('antennas', 'b')],
      pack: { id: 'other', version: '1', parts: {} },
      source: { kind: 'retrieval', embeddingHash: 'a'.repeat(64), references: [reference('c')] },
    });
    await gallery.service.mark(
      { pairIds: [beard, plant], starred: true, addTags: ['Best'], removeTags: [] },
      idle,
    );

    expect(await found({})).toHaveLength(3);
    expect(await found({ words: 'robot' })).toEqual(['a plant beside a robot', 'a Röbot with antennas']);
    expect(await found({ words: 'ant rob' })).toEqual(['a Röbot with antennas']);
    expect(await found({ words: '"* OR' })).toEqual([]);
    expect(await found({ words: '!!' })).toEqual([]);
    expect(await found({ emphasis: 'beard' })).toEqual(['a person with a beard']);
    expect(await found({ reference: 'b'.repeat(64) })).toEqual([
      'a plant beside a robot',
      'a person with a beard',
    ]);
    expect(await found({ reference: 'c'.repeat(64) })).toEqual(['a plant beside a robot']);
    expect(await found({ packId: 'other' })).toEqual(['a plant beside a robot']);
    expect(await found({ starred: true })).toEqual(['a plant beside a robot', 'a person with a beard']);
    expect(await found({ starred: false })).toEqual(['a Röbot with antennas']);
    expect(await found({ tag: 'best' })).toEqual(['a plant beside a robot', 'a person with a beard']);
    expect(await found({ tag: 'best', words: 'person', starred: true })).toEqual(['a person with a beard']);
    const times = (await gallery.service.browse(v.parse(BrowseRequest, {}), idle)).items.map(
      (p) => p.createdAt,
    );
    expect(await found({ from: times[1] })).toHaveLength(2);
    expect(await found({ to: times[1] })).toEqual(['a Röbot with antennas']);
    expect(await gallery.service.facets({}, idle)).toMatchObject({
      pairs: 3,
      starred: 2,
      deleted: 0,
      tags: [{ tag: 'Best', count: 2 }],
      packs: [
        { packId: 'tiny', count: 2 },
        { packId: 'other', count: 1 },
      ],
      emphases: [
        { emphasis: 'antennas', count: 2 },
        { emphasis: 'Beard', count: 1 },
      ],
    });
    expect(robot).not.toBe(plant);
  });

  it('counts packs and phrases again when pairs came or went, not for a star', async () => {
    const beard = await add('a beard', { emphases: [emphasis('beard', 'a')] });
    const phrases = async () => {
      const { emphases, packs } = await gallery.service.facets({}, idle);
      return [emphases.map(({ count }) => count), packs.map(({ count }) => count)];
    };
    expect(await phrases()).toEqual([[1], [1]]);
    await add('another beard', { emphases: [emphasis('beard', 'b')] });
    expect(await phrases()).toEqual([[2], [2]]);
    const counted = vi.spyOn(store.read.gallery, 'facet');
    await gallery.service.mark({ pairIds: [beard], starred: true, addTags: ['new'], removeTags: [] }, idle);
    expect(await gallery.service.facets({}, idle)).toMatchObject({
      starred: 1,
      tags: [{ tag: 'new', count: 1 }],
    });
    expect(counted.mock.calls).toEqual([['tags']]);
    await gallery.service.remove({ pairIds: [beard] }, idle);
    expect(await phrases()).toEqual([[1], [1]]);
    await gallery.service.restore({ pairIds: [beard] }, idle);
    expect(await phrases()).toEqual([[2], [2]]);
    await gallery.service.remove({ pairIds: [beard] }, idle);
    await gallery.service.purge({}, idle);
    expect(await phrases()).toEqual([[1], [1]]);
  });

  it('gives pages without gaps or repeats, also while pairs come in', async () => {
    for (let i = 0; i < 9; i++) await add(`robot ${i}`);
    const expected = ['8', '7', '6', '5', '4', '3', '2', '1', '0'].map((n) => `robot ${n}`);
    for (const filter of [{}, { words: 'robot' }, { from: 0 }, { starred: false }, { packId: 'tiny' }])
      expect(await found(filter, 2)).toEqual(expected);
    const first = await gallery.service.browse(v.parse(BrowseRequest, { limit: 4 }), idle);
    await add('robot later');
    const second = await gallery.service.browse(
      v.parse(BrowseRequest, { limit: 4, after: first.next as string }),
      idle,
    );
    expect(second.items.map((p) => p.prompt)).toEqual(expected.slice(4, 8));
    expect(() => gallery.service.browse(v.parse(BrowseRequest, { after: '1; DROP' }), idle)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });

  it('puts pairs into the bin and back with their marks, and deletes for good only what is in it', async () => {
    const keep = await add('keep me');
    const drop = await add('drop me');
    await gallery.service.mark({ pairIds: [drop], starred: true, addTags: ['old'], removeTags: [] }, idle);
    expect(await gallery.service.remove({ pairIds: [drop, 'absent'] }, idle)).toEqual({ pairIds: [drop] });
    expect(await found({})).toEqual(['keep me']);
    expect(await found({ words: 'drop' })).toEqual([]);
    expect(await found({ deleted: true })).toEqual(['drop me']);
    expect((await gallery.service.list({ limit: 10 }, idle)).items.map((p) => p.prompt)).toEqual(['keep me']);
    expect(await gallery.service.facets({}, idle)).toMatchObject({
      pairs: 1,
      starred: 0,
      deleted: 1,
      tags: [],
    });

    expect(await gallery.service.restore({ pairIds: [drop, keep] }, idle)).toEqual({ pairIds: [drop] });
    const [back] = (await gallery.service.browse(v.parse(BrowseRequest, { filter: { tag: 'old' } }), idle))
      .items;
    expect(back).toMatchObject({ prompt: 'drop me', starred: true, deletedAt: null });

    expect(await gallery.service.purge({ pairIds: [drop] }, idle)).toEqual({ pairIds: [] });
    await gallery.service.remove({ pairIds: [drop] }, idle);
    expect(readdirSync(join(folder, 'images'))).toHaveLength(2);
    expect(await gallery.service.purge({}, idle)).toEqual({ pairIds: [drop] });
    expect(readdirSync(join(folder, 'images'))).toHaveLength(1);
    expect(purged).toEqual(back?.results.map((r) => r.contentHash));
    expect(() => gallery.service.pair({ pairId: drop }, idle)).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
    expect(await found({ words: 'drop', deleted: true })).toEqual([]);
    expect(await found({ words: 'keep' })).toEqual(['keep me']);
  });

  it('fills the filters of a catalog from before from its recipes', () => {
    const path = join(folder, 'old.db');
    const db = new Database(path);
    migrate(db, MIGRATIONS.slice(0, 1));
    const recipe = recipeWith({
      wrongEmphases: [emphasis('hat', 'd')],
      source: { kind: 'retrieval', embeddingHash: 'a'.repeat(64), references: [reference('c')] },
    });
    db.exec(
      `INSERT INTO pairs (pair_id, job_id, created_at, prompt, seed) VALUES ('p', 'j', 5, 'an old robot', 1)`,
    );
    db.prepare(`INSERT INTO results VALUES ('i', 'p', 'refined', ?, 'i.png', 4, 4, ?)`).run(
      'e'.repeat(64),
      JSON.stringify(recipe),
    );
    migrate(db);
    const old = makeStore(db);
    const by = (filter: object) =>
      old.read.gallery.browse({ deleted: false, ...filter }, undefined, 9).length;
    expect(by({ packId: 'tiny' })).toBe(1);
    expect(by({ words: 'robot' })).toBe(1);
    expect(by({ emphasis: 'full beard' })).toBe(1);
    for (const letter of ['c', 'd']) expect(by({ reference: letter.repeat(64) })).toBe(1);
    expect(by({ emphasis: 'hat' })).toBe(0);
    old.close();
    expect(existsSync(path)).toBe(true);
  });
});
