import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { SVG, bombPng, jpegOf, picture, pngOf, textBombPng } from '../../../support/images.ts';
import { decodeImage } from '../../../../main/decode/decode.ts';

const SIZE = 8;
const decode = (file: Uint8Array) => decodeImage(file, SIZE, 16);
/** Colour of the pixel at column x, row y of the square. */
const at = (rgb: Uint8Array, x: number, y: number): number[] => [
  ...rgb.subarray((y * SIZE + x) * 3, (y * SIZE + x) * 3 + 3),
];
const near = (a: readonly number[], b: readonly number[], most = 12): void => {
  a.forEach((v, i) => {
    expect(Math.abs(v - (b[i] as number))).toBeLessThanOrEqual(most);
  });
};

describe('what is taken', () => {
  it.each([
    ['JPEG', () => jpegOf([200, 100, 40])],
    ['PNG', () => pngOf([200, 100, 40])],
    ['WebP', () => picture([200, 100, 40]).webp({ lossless: true }).toBuffer()],
    ['progressive JPEG', () => picture([200, 100, 40]).jpeg({ progressive: true, quality: 95 }).toBuffer()],
    ['PNG with a palette', () => picture([200, 100, 40]).png({ palette: true }).toBuffer()],
  ])('%s: a square from the middle, a thumbnail, and its own size', async (_, make) => {
    const { rgb, thumbnail, width, height } = await decode(await make());
    expect({ width, height, length: rgb.length }).toEqual({ width: 32, height: 24, length: SIZE * SIZE * 3 });
    near(at(rgb, SIZE - 1, 4), [200, 100, 40]);
    near(at(rgb, 0, 4), [50, 25, 10]);
    expect(await sharp(Buffer.from(thumbnail)).metadata()).toMatchObject({
      format: 'webp',
      width: 16,
      height: 16,
    });
  });

  it('applies the EXIF orientation, and tells the turned size', async () => {
    const turned = await picture([200, 100, 40])
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    const { rgb, width, height } = await decode(turned);
    expect([width, height]).toEqual([24, 32]);
    // Orientation 6 turns a quarter clockwise: the dark left half comes to the top.
    near(at(rgb, 4, 0), [50, 25, 10]);
    near(at(rgb, 4, SIZE - 1), [200, 100, 40]);
  });

  it('turns CMYK, grey and 16 bit into 8-bit sRGB', async () => {
    const cmyk = await decode(
      await picture([200, 100, 40]).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    );
    near(at(cmyk.rgb, SIZE - 1, 4), [200, 100, 40], 40);
    const grey = await decode(await picture([120, 120, 120]).greyscale().png().toBuffer());
    near(at(grey.rgb, SIZE - 1, 4), [120, 120, 120], 3);
    const deep = await decode(await picture([200, 100, 40]).toColourspace('rgb16').png().toBuffer());
    near(at(deep.rgb, SIZE - 1, 4), [200, 100, 40], 3);
  });

  it('lays transparent pictures on white', async () => {
    const clear = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    near(at((await decode(clear)).rgb, 3, 3), [255, 255, 255], 0);
  });

  it('takes the first frame of a moving WebP', async () => {
    const frames = await sharp(Buffer.concat([Buffer.alloc(64 * 3, 250), Buffer.alloc(64 * 3, 5)]), {
      raw: { width: 8, height: 16, channels: 3, pageHeight: 8 },
    })
      .webp({ lossless: true, loop: 0, delay: [100, 100] })
      .toBuffer();
    const { rgb, height } = await decode(frames);
    expect(height).toBe(8);
    near(at(rgb, 3, 3), [250, 250, 250], 2);
  });

  it('gives the same pixels each time', async () => {
    const file = await jpegOf([13, 200, 90]);
    expect((await decode(file)).rgb).toEqual((await decode(file)).rgb);
  });
});

describe('what is refused, with its reason (T13, T14)', () => {
  const cut = async (make: Promise<Buffer>, share: number): Promise<Buffer> => {
    const file = await make;
    return file.subarray(0, Math.floor(file.length * share));
  };
  it.each([
    ['nothing', async () => Buffer.alloc(0), 'empty_file'],
    ['words', async () => Buffer.from('hello there, no picture'), 'unsupported_format'],
    ['SVG', async () => Buffer.from(SVG), 'unsupported_format'],
    ['TIFF', () => picture([9, 9, 9]).tiff().toBuffer(), 'unsupported_format'],
    ['GIF', () => picture([9, 9, 9]).gif().toBuffer(), 'unsupported_format'],
    ['AVIF', () => picture([9, 9, 9]).avif().toBuffer(), 'unsupported_format'],
    ['PDF', async () => Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>'), 'unsupported_format'],
    ['half a JPEG', () => cut(jpegOf([200, 60, 40]), 0.6), 'truncated'],
    ['half a PNG', () => cut(pngOf([200, 60, 40]), 0.6), 'truncated'],
    ['half a WebP', () => cut(picture([200, 60, 40]).webp().toBuffer(), 0.6), 'truncated'],
    ['65,535 x 65,535 in the header', async () => bombPng(65_535, 65_535), 'too_many_pixels'],
    ['16,000 x 16,000', async () => bombPng(16_000, 16_000), 'too_many_pixels'],
  ])('%s', async (_, make, code) => {
    const file = await make();
    const began = performance.now();
    const error = await decode(file).then(
      () => ({ code: 'was taken', message: '' }),
      (e: unknown) => e as { code: string; message: string },
    );
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/[/\\]|Vips|libvips/i);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('a compressed text of 64 MiB costs little or is refused', async () => {
    const file = await textBombPng(64 * 2 ** 20);
    const began = performance.now();
    await decode(file).catch((error: unknown) => {
      expect(error).toMatchObject({
        code: expect.stringMatching(/corrupt_image|too_large|truncated/) as string,
      });
    });
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it('a flipped byte anywhere gives a picture or a reason, never another kind of error', async () => {
    const files = await Promise.all([
      jpegOf([200, 60, 40]),
      pngOf([200, 60, 40]),
      picture([200, 60, 40]).webp().toBuffer(),
    ]);
    for (const file of files) {
      for (let i = 0; i < 40; i++) {
        const copy = Buffer.from(file);
        const place = (i * 7919) % copy.length;
        copy[place] = (copy[place] as number) ^ (1 << (i & 7));
        await decode(copy).catch((error: unknown) => {
          expect((error as Error).name).toBe('AppError');
        });
      }
    }
  });
});

describe('files that are decoded beside each other', () => {
  it('have each their own reason, however often', async () => {
    const jpeg = await jpegOf([200, 60, 40]);
    const table = jpeg.indexOf(Buffer.from([0xff, 0xc4]));
    const png = await pngOf([200, 60, 40]);
    const place = png.lastIndexOf('IEND', undefined, 'latin1') - 6;
    const wrong = Buffer.from(png);
    wrong[place] = (wrong[place] as number) ^ 0xff;
    const plan: [Buffer, string][] = [
      [jpeg.subarray(0, jpeg.length * 0.6), 'truncated'],
      [Buffer.from(jpeg).fill(0xff, table + 5, table + 21), 'corrupt_image'],
      [jpeg.subarray(0, 200), 'truncated'],
      [wrong, 'corrupt_image'],
      [png.subarray(0, 60), 'truncated'],
    ];
    for (let round = 0; round < 40; round++) {
      const codes = plan.map(([file]) => decode(file).catch((e: unknown) => (e as { code: string }).code));
      expect(await Promise.all(codes)).toEqual(plan.map(([, code]) => code));
    }
  });
});

describe('damage that cuts nothing off', () => {
  it('a PNG whose pixels have a wrong checksum', async () => {
    const file = await pngOf([200, 60, 40]);
    // The four bytes before IEND's chunk (length, type, checksum) are the checksum of the last IDAT.
    const place = file.lastIndexOf('IEND', undefined, 'latin1') - 6;
    file[place] = (file[place] as number) ^ 0xff;
    await expect(decode(file)).rejects.toMatchObject({ code: 'corrupt_image' });
  });

  it('a JPEG with an impossible Huffman table', async () => {
    const file = await jpegOf([200, 60, 40]);
    const table = file.indexOf(Buffer.from([0xff, 0xc4]));
    file.fill(0xff, table + 5, table + 21);
    await expect(decode(file)).rejects.toMatchObject({ code: 'corrupt_image' });
  });
});
