/** Draws a scene on a canvas of 256 px: a coloured ground, a soft shadow and a picture for each object. */
import type { Random } from '../random.ts';
import type { Scene } from '../scene.ts';
import { GROUNDS } from './colours.ts';
import { colourOf, numberOf, placeOf } from './glossary.ts';
import { kindsOf } from './scene.ts';
import { sprite } from './sprites.ts';
import type { Sprite } from './sprites.ts';

const CANVAS = 256;
/** Longer side of an object by its number, least and most, in pixels of 64. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  one: [25, 30],
  two: [20, 24],
  three: [17, 20],
};
/** Distance of the copies' centres along their half, and how far the row may move, in pixels of 64. */
const APART: Readonly<Record<string, readonly [number, number]>> = {
  one: [0, 13],
  two: [25, 4],
  three: [20.5, 1.5],
};
/** How far a copy may stand off the middle of its half. */
const ASIDE = 3;

/** An object's copy: centre in pixels of the canvas. */
interface Copy {
  readonly picture: Sprite;
  readonly x: number;
  readonly y: number;
  readonly flipped: boolean;
}

function copies(scene: Scene, r: Random): Copy[] {
  return kindsOf(scene).flatMap((kind) => {
    const number = scene[numberOf(kind)] ?? 'one';
    const count = ['one', 'two', 'three'].indexOf(number) + 1;
    const [least = 0, most = 0] = SIZES[number] ?? [];
    const [apart = 0, free = 0] = APART[number] ?? [];
    const place = scene[placeOf(kind)];
    const beside = place === 'left' || place === 'right';
    const middle = place === 'left' || place === 'above' ? 16.5 : 47.5;
    const picture = sprite(
      scene[kind] ?? '',
      scene[colourOf(kind)],
      4 * Math.round(least + (most - least) * r.next()),
    );
    const moved = free * (2 * r.next() - 1);
    return Array.from({ length: count }, (_, k) => {
      const along = 32 + moved + apart * (k - (count - 1) / 2);
      const off = middle + (count > 1 ? ASIDE : 1.5) * (2 * r.next() - 1);
      const [x, y] = beside ? [off, along] : [along, off];
      return { picture, x: Math.round(4 * x), y: Math.round(4 * y), flipped: r.chance(0.5) };
    });
  });
}

/** Darkens an ellipse at a copy's foot, most in its middle. */
function shadow(canvas: Float32Array, { picture, x, y }: Copy): void {
  const [rx, ry] = [0.46 * picture.width, 0.09 * Math.max(picture.width, picture.height) + 3];
  const foot = y + picture.height / 2 - 0.4 * ry;
  for (let py = Math.max(0, Math.ceil(foot - ry)); py <= Math.min(CANVAS - 1, foot + ry); py++)
    for (let px = Math.max(0, Math.ceil(x - rx)); px <= Math.min(CANVAS - 1, x + rx); px++) {
      const inside = 1 - ((px - x) / rx) ** 2 - ((py - foot) / ry) ** 2;
      if (inside <= 0) continue;
      const kept = 1 - 0.42 * inside;
      const at = (py * CANVAS + px) * 3;
      for (let c = 0; c < 3; c++) canvas[at + c] = (canvas[at + c] ?? 0) * kept;
    }
}

function paste(canvas: Float32Array, { picture, x, y, flipped }: Copy): void {
  const left = x - Math.floor(picture.width / 2);
  const top = y - Math.floor(picture.height / 2);
  for (let py = Math.max(0, -top); py < Math.min(picture.height, CANVAS - top); py++)
    for (let px = Math.max(0, -left); px < Math.min(picture.width, CANVAS - left); px++) {
      const from = (py * picture.width + (flipped ? picture.width - 1 - px : px)) * 4;
      const kept = 1 - (picture.data[from + 3] ?? 0) / 255;
      const at = ((top + py) * CANVAS + left + px) * 3;
      for (let c = 0; c < 3; c++)
        canvas[at + c] = (canvas[at + c] ?? 0) * kept + (picture.data[from + c] ?? 0);
    }
}

/** Pixels of a scene, RGB `[size, size, 3]` at 256 or, averaged, at a divisor of it; chance is taken from `r` once. */
export function picture(scene: Scene, r: Random): (size: number) => Uint8Array {
  const ground = GROUNDS.find((g) => g.id === scene['ground']);
  if (!ground) throw new Error(`no ground '${scene['ground'] ?? ''}'`);
  const canvas = new Float32Array(CANVAS * CANVAS * 3);
  const rgb = [1, 3, 5].map((i) => Number.parseInt(ground.hex.slice(i, i + 2), 16));
  for (let at = 0; at < canvas.length; at += 3) canvas.set(rgb, at);
  const all = copies(scene, r);
  for (const copy of all) shadow(canvas, copy);
  for (const copy of all) paste(canvas, copy);
  return (size) => averaged(canvas, size);
}

function averaged(canvas: Float32Array, size: number): Uint8Array {
  const step = CANVAS / size;
  if (!Number.isInteger(step))
    throw new Error(`a size that divides ${String(CANVAS)} was expected, got ${String(size)}`);
  const out = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let dy = 0; dy < step; dy++)
          for (let dx = 0; dx < step; dx++)
            sum += canvas[((y * step + dy) * CANVAS + x * step + dx) * 3 + c] ?? 0;
        out[(y * size + x) * 3 + c] = Math.round(sum / step ** 2);
      }
  return out;
}
