/** Pictures and broken files for the tests of decoder and import, made when they are needed. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';

export type Rgb = readonly [number, number, number];

/** A picture of one colour with a darker left half, so that turning it shows. */
export function picture([r, g, b]: Rgb, width = 32, height = 24): Sharp {
  const raw = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const share = i % width < width / 2 ? 0.25 : 1;
    raw.set([r * share, g * share, b * share], i * 3);
  }
  return sharp(raw, { raw: { width, height, channels: 3 } });
}

export const jpegOf = (colour: Rgb): Promise<Buffer> => picture(colour).jpeg({ quality: 95 }).toBuffer();
export const pngOf = (colour: Rgb): Promise<Buffer> => picture(colour).png().toBuffer();

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A small file whose header promises width x height pixels. */
export function bombPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1 << 20))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A picture with a compressed text of `bytes` zeroes in front of its pixels. */
export async function textBombPng(bytes: number): Promise<Buffer> {
  const png = await pngOf([10, 200, 30]);
  const text = Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), deflateSync(Buffer.alloc(bytes))]);
  return Buffer.concat([png.subarray(0, 33), chunk('zTXt', text), png.subarray(33)]);
}

export const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="red"/></svg>';

/** Puts ten files into a folder that cannot be imported; file name to reason. FIFO and links only where there are such. */
export async function writeBroken(folder: string): Promise<Record<string, string>> {
  const jpeg = await jpegOf([200, 60, 40]);
  const png = await pngOf([40, 200, 60]);
  const broken: Record<string, [Buffer | string, string]> = {
    'cut.jpg': [jpeg.subarray(0, jpeg.length * 0.6), 'truncated'],
    'cut.png': [png.subarray(0, 60), 'truncated'],
    'empty.png': ['', 'empty_file'],
    'huge.png': [bombPng(65_535, 65_535), 'too_many_pixels'],
    'noise.jpg': [Buffer.from('no picture at all, only words in a file'), 'unsupported_format'],
    'drawing.png': [SVG, 'unsupported_format'],
    'scan.png': [await picture([90, 90, 90]).tiff().toBuffer(), 'unsupported_format'],
    'film.png': [await picture([90, 0, 90]).gif().toBuffer(), 'unsupported_format'],
  };
  for (const [name, [bytes]] of Object.entries(broken)) writeFileSync(join(folder, name), bytes);
  const reasons = Object.fromEntries(Object.entries(broken).map(([name, [, reason]]) => [name, reason]));
  if (process.platform === 'win32') return reasons;
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  symlinkSync('/etc/hostname', join(folder, 'outside.png'));
  return { ...reasons, 'pipe.png': 'not_a_regular_file', 'outside.png': 'link_skipped' };
}
