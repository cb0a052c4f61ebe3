/** Pictures of the objects: read once, cut to what is not transparent, in every colour, and at any size. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { PAINTS } from './colours.ts';
import type { Paint } from './colours.ts';
import { KINDS, THINGS } from './objects.ts';

/** RGBA, alpha premultiplied, 0..255. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

const PACKAGE = '@lobehub/fluent-emoji-3d';
/** Degrees around an object's own hue that count as its coloured part. */
const REACH = 38;

const sprites = new Map<string, Sprite>();
const sized = new Map<string, Sprite>();

function folder(): string {
  const own = createRequire(new URL('../emoji/package.json', import.meta.url));
  try {
    return join(dirname(own.resolve(`${PACKAGE}/package.json`)), 'assets');
  } catch (cause) {
    throw new Error(`${PACKAGE} is missing: run npm ci --prefix training/data/emoji`, { cause });
  }
}

function toHsv(r: number, g: number, b: number): [h: number, s: number, v: number] {
  const v = Math.max(r, g, b);
  const c = v - Math.min(r, g, b);
  if (c === 0) return [0, 0, v];
  const h = v === r ? ((g - b) / c + 6) % 6 : v === g ? (b - r) / c + 2 : (r - g) / c + 4;
  return [h * 60, c / v, v];
}

function toRgb(h: number, s: number, v: number): [r: number, g: number, b: number] {
  const f = (n: number): number => {
    const k = (n + h / 60) % 6;
    return v - v * s * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [f(5), f(3), f(1)];
}

/** Degrees from one hue to another, -180..180. */
const turn = (from: number, to: number): number => ((to - from + 540) % 360) - 180;

/** The straight RGBA picture with the part near `hue` painted: its shades stay, their mean becomes the paint's. */
function painted(rgba: Uint8Array, hue: number, paint: Paint): Uint8Array {
  const part: { at: number; h: number; s: number; v: number }[] = [];
  for (let at = 0; at < rgba.length; at += 4) {
    if ((rgba[at + 3] ?? 0) < 8) continue;
    const [h, s, v] = toHsv((rgba[at] ?? 0) / 255, (rgba[at + 1] ?? 0) / 255, (rgba[at + 2] ?? 0) / 255);
    if (s > 0.22 && Math.abs(turn(hue, h)) < REACH) part.push({ at, h, s, v });
  }
  const mean = (f: (p: (typeof part)[number]) => number): number =>
    part.reduce((sum, p) => sum + f(p), 0) / part.length;
  const s0 = mean((p) => p.s);
  const v0 = mean((p) => p.v);
  const h0 = mean((p) => turn(hue, p.h));
  const out = Uint8Array.from(rgba);
  for (const { at, h, s, v } of part) {
    const moved = paint.hue + 0.4 * (turn(hue, h) - h0) + 360;
    const rgb = toRgb(
      moved % 360,
      Math.min(1, (s / s0) * paint.saturation),
      Math.min(1, (v / v0) * paint.value),
    );
    rgb.forEach((x, c) => (out[at + c] = Math.round(x * 255)));
  }
  return out;
}

function premultiplied(rgba: Uint8Array, width: number, height: number): Sprite {
  const data = new Float32Array(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    const a = (rgba[at + 3] ?? 0) / 255;
    for (let c = 0; c < 3; c++) data[at + c] = (rgba[at + c] ?? 0) * a;
    data[at + 3] = 255 * a;
  }
  return { width, height, data };
}

const key = (id: string, colour: string | undefined): string => (colour ? `${id}/${colour}` : id);

/** Reads all objects; must have ended before `sprite` is called. */
export async function loadSprites(): Promise<void> {
  const assets = folder();
  for (const { id, file, hue } of KINDS.flatMap((kind) => THINGS[kind])) {
    const image = sharp(join(assets, `${file}.webp`)).ensureAlpha();
    const { data, info } = await image.trim({ threshold: 1 }).raw().toBuffer({ resolveWithObject: true });
    const paints = hue === undefined ? [] : PAINTS;
    if (hue === undefined) sprites.set(key(id, undefined), premultiplied(data, info.width, info.height));
    for (const paint of paints)
      sprites.set(key(id, paint.id), premultiplied(painted(data, hue ?? 0, paint), info.width, info.height));
  }
}

/** Mean of the source pixels under each target pixel: sharp enough for shrinking, and the same on every machine. */
function shrunk(source: Sprite, width: number, height: number): Sprite {
  const across = new Float32Array(width * source.height * 4);
  accumulate(source.data, across, source.width, width, source.height, 4, source.width * 4, 4, width * 4);
  const data = new Float32Array(width * height * 4);
  accumulate(across, data, source.height, height, width, width * 4, 4, width * 4, 4);
  return { width, height, data };
}

/** Averages along one axis of `from` cells into `to` cells, for each of `lines`; strides are in numbers. */
function accumulate(
  source: Float32Array,
  target: Float32Array,
  from: number,
  to: number,
  lines: number,
  sourceStep: number,
  sourceLine: number,
  targetStep: number,
  targetLine: number,
): void {
  const scale = from / to;
  for (let k = 0; k < to; k++) {
    const start = k * scale;
    const end = start + scale;
    for (let j = Math.floor(start); j < Math.min(from, Math.ceil(end)); j++) {
      const share = (Math.min(end, j + 1) - Math.max(start, j)) / scale;
      for (let line = 0; line < lines; line++) {
        const s = line * sourceLine + j * sourceStep;
        const t = line * targetLine + k * targetStep;
        for (let c = 0; c < 4; c++) target[t + c] = (target[t + c] ?? 0) + share * (source[s + c] ?? 0);
      }
    }
  }
}

/** An object in a colour (or its own), its longer side `size` pixels. */
export function sprite(id: string, colour: string | undefined, size: number): Sprite {
  const name = `${key(id, colour)}@${String(size)}`;
  let found = sized.get(name);
  if (!found) {
    const source = sprites.get(key(id, colour));
    if (!source) throw new Error(`no picture of '${key(id, colour)}': await loadSprites() first`);
    const scale = size / Math.max(source.width, source.height);
    const [width, height] = [source.width, source.height].map((n) => Math.max(1, Math.round(n * scale)));
    found = shrunk(source, width ?? 1, height ?? 1);
    sized.set(name, found);
  }
  return found;
}
