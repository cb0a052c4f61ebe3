import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { domainOf } from '../../../training/data/domain.ts';
import { random } from '../../../training/data/random.ts';
import type { Scene } from '../../../training/data/scene.ts';
import { plural } from '../../../training/data/scenes/objects.ts';

const EMOJI = fileURLToPath(new URL('../../../training/data/emoji/node_modules', import.meta.url));
const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** Group to value of every fact that a caption's words are said to name. */
const namedBy = (caption: ReturnType<ReturnType<typeof domainOf>['caption']>): Record<string, string> =>
  Object.assign({}, caption.implied, ...caption.details.map((d) => d.attributes)) as Record<string, string>;

describe.each(['first', 'scenes'])('the domain %s', (name) => {
  const domain = domainOf(name);
  const scenes = (heldOut: boolean): Scene[] =>
    Array.from({ length: 300 }, (_, i) => domain.draw(random('test', i), heldOut));
  const heldIn = (scene: Scene): number =>
    domain.heldOutPairs.filter((pair) =>
      pair.every((fact) => {
        const [group = '', value] = fact.split('=');
        return scene[group] === value;
      }),
    ).length;

  it('draws no held-out pair but where it is asked to', () => {
    expect(scenes(false).filter((s) => heldIn(s) > 0)).toEqual([]);
    expect(scenes(true).filter((s) => heldIn(s) === 0)).toEqual([]);
  });

  it('names only what there is, in words that stand in the text', () => {
    for (const [i, scene] of scenes(false).entries()) {
      const r = random('words', i);
      for (const keep of [1, 0.5]) {
        const caption = domain.caption(scene, r, { keep });
        expect(scene).toMatchObject(namedBy(caption));
        for (const { phrase } of caption.details)
          expect(caption.text).toContain(phrase.replace(/^(a|an) /, ''));
      }
    }
  });

  it('holds only pairs of values that it has', () => {
    const known = new Set(domain.groups.flatMap((g) => g.values.map((v) => `${g.id}=${v.id}`)));
    expect(domain.heldOutPairs.flat().filter((fact) => !known.has(fact))).toEqual([]);
  });
});

describe('the data of the first domain', () => {
  it('are the same to the byte', () => {
    const { draw, picture, caption } = domainOf('first');
    const made = Array.from({ length: 4 }, (_, k) => {
      const r = random('1/train', k);
      const scene = draw(r, false);
      const pixels = picture(scene, r)(64);
      return [sha256(pixels), caption(scene, r, { keep: 1 }).text];
    });
    expect(sha256(JSON.stringify(made))).toBe(
      '8494d686f5341f71bb2863726f6b387448fb2db78da50507af3e54c672ae24da',
    );
  });
});

describe('scenes', () => {
  const { draw, caption, groups, heldOutPairs } = domainOf('scenes');

  it('hold a tenth of the pairs of objects back, and every object comes in others', () => {
    const kinds = groups.slice(0, 8);
    const objects = heldOutPairs.filter(([a, b]) =>
      [a, b].every((f) => kinds.some((k) => f.startsWith(`${k.id}=`))),
    );
    expect(objects).toHaveLength(101);
    const counts = new Map<string, number>();
    for (const fact of objects.flat()) counts.set(fact, (counts.get(fact) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(7);
  });

  it('tell all that is there in a full caption, the places by both objects together', () => {
    for (let i = 0; i < 200; i++) {
      const r = random('full', i);
      const scene = draw(r, false);
      expect(namedBy(caption(scene, r, { keep: 1 }))).toEqual(scene);
    }
  });

  it('say in held-out words what the words of training say', () => {
    const trained = groups.flatMap((g) => g.values.flatMap((v) => v.say));
    expect(groups.flatMap((g) => g.values.flatMap((v) => v.held)).filter((w) => trained.includes(w))).toEqual(
      [],
    );
  });

  it.each([
    ['box of fries', 'boxes of fries'],
    ['butterfly', 'butterflies'],
    ['school satchel', 'school satchels'],
    ['bus', 'buses'],
    ['monarch with open wings', 'monarchs with open wings'],
  ])('count %s as %s', (one, many) => {
    expect(plural(one)).toBe(many);
  });
});

// The pictures' package is needed for training alone: npm ci --prefix training/data/emoji
describe.skipIf(!existsSync(EMOJI))('pictures of scenes', () => {
  const { load, draw, picture } = domainOf('scenes');
  beforeAll(load);
  /** Mean absolute difference to the ground, by half of the picture. */
  const busy = (rgb: Uint8Array, inside: (x: number, y: number) => boolean): number => {
    let [sum, n] = [0, 0];
    for (let y = 0; y < 64; y++)
      for (let x = 0; x < 64; x++)
        if (inside(x, y)) {
          const at = (y * 64 + x) * 3;
          sum += [0, 1, 2].reduce((s, c) => s + Math.abs((rgb[at + c] ?? 0) - (rgb[c] ?? 0)), 0);
          n++;
        }
    return sum / n;
  };
  const scene = { animal: 'fox', animalPlace: 'left', food: 'cake', foodPlace: 'right', ground: 'green' };

  it('are the same for the same chance, and others for another', () => {
    expect(picture(scene, random('p', 1))(64)).toEqual(picture(scene, random('p', 1))(64));
    expect(picture(scene, random('p', 1))(64)).not.toEqual(picture(scene, random('p', 2))(64));
    expect(picture(draw(random('p', 1), false), random('p', 1))(256)).toHaveLength(256 * 256 * 3);
  });

  it('show something in both halves of the place that is told, and the ground between them', () => {
    const beside = picture(scene, random('p', 3))(64);
    const left = busy(beside, (x) => x < 30);
    const right = busy(beside, (x) => x > 34);
    expect(Math.min(left, right)).toBeGreaterThan(5);
    const above = picture({ ...scene, animalPlace: 'above', foodPlace: 'below' }, random('p', 3))(64);
    expect(busy(above, (_, y) => y < 30)).toBeGreaterThan(5);
    expect(busy(above, (x, y) => y > 20 && y < 44 && x < 3)).toBeLessThan(1);
  });

  it('paint what has a colour, and nothing else of the picture', () => {
    const car = (vehicleColour: string) =>
      picture(
        {
          vehicle: 'car',
          vehicleColour,
          vehiclePlace: 'left',
          ...{ food: 'cake', foodPlace: 'right' },
          ground: 'white',
        },
        random('c', 1),
      )(64);
    const [red, blue] = [car('red'), car('blue')];
    const mean = (rgb: Uint8Array, channel: number): number => {
      let sum = 0;
      for (let y = 0; y < 64; y++) for (let x = 0; x < 30; x++) sum += rgb[(y * 64 + x) * 3 + channel] ?? 0;
      return sum / (64 * 30);
    };
    expect(mean(red, 0)).toBeGreaterThan(mean(blue, 0) + 8);
    expect(mean(blue, 2)).toBeGreaterThan(mean(red, 2) + 8);
    const right = (rgb: Uint8Array): number[] => [...rgb].filter((_, i) => Math.floor(i / 3) % 64 > 33);
    expect(right(red)).toEqual(right(blue));
  });
});
