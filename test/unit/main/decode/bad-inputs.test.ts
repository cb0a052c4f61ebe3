/** Odd pictures that must be taken, and odd ones that must not (bad inputs I11, I14, I15, I17 of reliability.md). */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../main/decode/decode.ts';
import { bombPng, jpegOf, picture, pngOf } from '../../../support/images.ts';

const SIZE = 8;
const decode = (file: Uint8Array) => decodeImage(file, SIZE, 16);
/** Mean of each channel over the right half. */
function colour(rgb: Uint8Array): number[] {
  const sum = [0, 0, 0];
  for (let i = 0; i < SIZE * SIZE; i++)
    if (i % SIZE >= SIZE / 2)
      for (let c = 0; c < 3; c++) sum[c] = (sum[c] as number) + (rgb[i * 3 + c] as number);
  return sum.map((s) => s / (SIZE * SIZE * 0.5));
}
function near(rgb: Uint8Array, wanted: readonly number[], most: number): void {
  colour(rgb).forEach((v, i) => {
    expect(Math.abs(v - (wanted[i] as number))).toBeLessThanOrEqual(most);
  });
}
/** A JPEG with a segment behind its first marker. */
function withSegment(jpeg: Buffer, marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}
/** An EXIF block of one orientation, as number or as words. */
function orientation(value: number | string): Buffer {
  const block = Buffer.alloc(6 + 8 + 2 + 12 + 4 + 16);
  block.write('Exif\0\0II*\0', 0, 'latin1');
  block.writeUInt32LE(8, 10);
  block.writeUInt16LE(1, 14);
  block.writeUInt16LE(0x0112, 16);
  block.writeUInt16LE(typeof value === 'number' ? 3 : 2, 18);
  block.writeUInt32LE(typeof value === 'number' ? 1 : 6, 20);
  if (typeof value === 'number') block.writeUInt16LE(value, 24);
  else {
    block.writeUInt32LE(30, 24);
    block.write(value, 36, 'latin1');
  }
  return block;
}

describe('what is taken although it is odd', () => {
  it('a wide gamut profile, and rubbish in the place of one (I14)', async () => {
    const wide = await picture([200, 100, 40]).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer();
    near((await decode(wide)).rgb, [200, 100, 40], 30);
    const rubbish = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), Buffer.alloc(600, 0xa5)]);
    near((await decode(withSegment(await jpegOf([200, 100, 40]), 0xe2, rubbish))).rgb, [200, 100, 40], 12);
    const large = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), Buffer.alloc(65_000, 7)]);
    near((await decode(withSegment(await jpegOf([200, 100, 40]), 0xe2, large))).rgb, [200, 100, 40], 12);
  });

  it.each([0, 9, 65_535, 'abcde'])('an orientation of %s counts as none (I15)', async (value) => {
    const file = withSegment(await jpegOf([200, 100, 40]), 0xe1, orientation(value));
    const { rgb, width, height } = await decode(file);
    expect([width, height]).toEqual([32, 24]);
    near(rgb, [200, 100, 40], 12);
  });

  it('a place, which is in nothing that is made of it (I15)', async () => {
    const file = await picture([200, 100, 40])
      .jpeg({ quality: 95 })
      .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '47/1 22/1 0/1' } })
      .toBuffer();
    expect((await sharp(file).metadata()).exif).toBeDefined();
    const { thumbnail } = await decode(file);
    expect((await sharp(Buffer.from(thumbnail)).metadata()).exif).toBeUndefined();
  });

  it('a JPEG with an archive behind it, of whose bytes nothing comes through (I17)', async () => {
    const jpeg = await jpegOf([200, 100, 40]);
    const both = Buffer.concat([jpeg, Buffer.from('PK\x03\x04'), Buffer.alloc(5000, 0x5a)]);
    const [alone, with_] = [await decode(jpeg), await decode(both)];
    const hash = (x: Uint8Array): string => createHash('sha256').update(x).digest('hex');
    expect([hash(with_.rgb), hash(with_.thumbnail)]).toEqual([hash(alone.rgb), hash(alone.thumbnail)]);
  });

  it('grey with transparency', async () => {
    const file = await picture([120, 120, 120]).greyscale().ensureAlpha(1).png().toBuffer();
    near((await decode(file)).rgb, [120, 120, 120], 3);
  });
});

describe('what is not taken', () => {
  it.each([
    [0, 0],
    [0, 24],
    [2 ** 31 - 1, 1],
  ])('a header of %i x %i (I11)', async (width, height) => {
    await expect(decode(bombPng(width, height))).rejects.toMatchObject({
      code: expect.stringMatching(/corrupt_image|too_many_pixels|unsupported_format/) as string,
    });
  });

  it('the same after its file was cut at any tenth: cut off, never something else', async () => {
    for (const file of [await jpegOf([200, 100, 40]), await pngOf([200, 100, 40])])
      for (let tenth = 1; tenth < 10; tenth++) {
        const cut = file.subarray(0, Math.floor((file.length * tenth) / 10));
        await expect(decode(cut)).rejects.toMatchObject({ code: 'truncated' });
      }
  });
});
