/** Decodes hostile files with sharp; runs in a process of its own that the host may kill (reliability.md T13 to T15). */
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { AppError } from '#contract';
import { takenAtOf } from './exif.ts';

const MAX_PIXELS = 100_000_000;
/** Content decides the loader, whatever a file is called: only these three are let in. */
const FORMATS = new Set(['jpeg', 'png', 'webp']);

sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
});

export interface Decoded {
  readonly rgb: Uint8Array;
  readonly thumbnail: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** When the camera took it, milliseconds since 1970; null where the file does not say. */
  readonly takenAt: number | null;
}

/** True when a JPEG has no end: walks its segments, and its scans to the next marker. */
function jpegIsCutOff(view: Buffer): boolean {
  let at = 2;
  while (at + 4 <= view.length) {
    if (view[at] !== 0xff) {
      // In a scan, or in rubbish: on to the next marker. 0 stands for a byte 0xff, D0 to D7 restart the scan.
      at = view.indexOf(0xff, at);
      if (at < 0) return true;
      continue;
    }
    const marker = view[at + 1] as number;
    if (marker === 0xd9) return false;
    if (marker === 0xff) at++;
    else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + view.readUInt16BE(at + 2);
  }
  return !(view[at] === 0xff && view[at + 1] === 0xd9);
}

/**
 * True when a file promises more than it has. Told by its own bytes: the words of the decoder do not tell it from other
 * damage, and where it works on several files at once they may be those of another one.
 */
function isCutOff(file: Uint8Array): boolean {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const type = (at: number): string => view.toString('latin1', at, at + 4);
  if (view[0] === 0xff && view[1] === 0xd8) return jpegIsCutOff(view);
  if (type(0) === 'RIFF' && view.length >= 8) return view.readUInt32LE(4) + 8 > view.length;
  if (type(0) !== '\x89PNG') return false;
  let at = 8;
  while (at + 8 <= view.length && type(at + 4) !== 'IEND') at += 12 + view.readUInt32BE(at);
  return at + 12 > view.length;
}

function reason(error: unknown, file: Uint8Array): AppError {
  const text = error instanceof Error ? error.message : String(error);
  const make = (
    code: 'empty_file' | 'truncated' | 'corrupt_image' | 'unsupported_format' | 'too_many_pixels',
    message: string,
  ): AppError => new AppError(code, message, { cause: error });
  if (/pixel limit/i.test(text))
    return make(
      'too_many_pixels',
      `The picture has more than ${MAX_PIXELS / 1e6} million pixels. Make a smaller copy.`,
    );
  if (/unsupported image format|operation is blocked|not a known file format/i.test(text))
    return make('unsupported_format', 'The file is not a JPEG, PNG or WebP picture, whatever its name says.');
  if (isCutOff(file)) return make('truncated', 'The picture is cut off: its file ends too early.');
  return make('corrupt_image', 'The picture is damaged and cannot be read.');
}

/** Throws one of the catalog's skip reasons. EXIF orientation is applied, colours become 8-bit sRGB, only the first frame counts. */
export async function decodeImage(file: Uint8Array, size: number, thumbnail: number): Promise<Decoded> {
  if (file.length === 0) throw new AppError('empty_file', 'The file has no bytes.');
  const options = {
    limitInputPixels: MAX_PIXELS,
    failOn: 'error',
    pages: 1,
    sequentialRead: true,
  } as const;
  try {
    const { format, autoOrient, exif } = await sharp(file, options).metadata();
    if (!format || !FORMATS.has(format))
      throw new AppError(
        'unsupported_format',
        `The file holds "${String(format)}", not a JPEG, PNG or WebP picture.`,
      );
    const square = (side: number): Sharp =>
      sharp(file, options)
        .autoOrient()
        .resize(side, side, { fit: 'cover' })
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb');
    const { data, info } = await square(size).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3)
      throw new AppError('corrupt_image', `The picture decoded to ${info.channels} channels, expected 3.`);
    return {
      rgb: data,
      thumbnail: await square(thumbnail).webp({ quality: 82 }).toBuffer(),
      width: autoOrient.width,
      height: autoOrient.height,
      takenAt: takenAtOf(exif),
    };
  } catch (error) {
    throw error instanceof AppError ? error : reason(error, file);
  }
}
