import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Avatar, Style } from '@dicebear/core';
import { Resvg } from '@resvg/resvg-js';
import type { Rendering } from './scene.ts';

const require = createRequire(import.meta.url);
const styles = new Map<string, Style>();

function style(name: string): Style {
  let found = styles.get(name);
  if (!found) {
    const file = require.resolve(`@dicebear/styles/${name}.json`);
    found = new Style(JSON.parse(readFileSync(file, 'utf8')));
    styles.set(name, found);
  }
  return found;
}

/** SVG text of a scene's rendering. */
export const toSvg = (rendering: Rendering): string =>
  new Avatar(style(rendering.style), rendering.options).toString();

/** RGB bytes `[size, size, 3]` of an opaque SVG. */
export function toRgb(svg: string, size: number): Uint8Array {
  const image = new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render();
  if (image.width !== size || image.height !== size)
    throw new Error(`rendered ${image.width}x${image.height}, expected ${size}x${size}`);
  const rgba = image.pixels;
  const rgb = new Uint8Array(size * size * 3);
  for (let i = 0, j = 0; j < rgb.length; i += 4, j += 3) {
    rgb[j] = rgba[i]!;
    rgb[j + 1] = rgba[i + 1]!;
    rgb[j + 2] = rgba[i + 2]!;
  }
  return rgb;
}
