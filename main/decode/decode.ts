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

/** True when a PNG or WebP promises more bytes than it has: the decoder's own words do not tell that from damage. */
function isCutOff(file: Uint8Array): boolean {
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const type = (at: number): string => view.toString('latin1', at, at + 4);
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
  if (isCutOff(file) || /premature|truncated|end of (file|stream|jpeg)|unexpected end/i.test(text))
    return make('truncated', 'The picture is cut off: its file ends too early.');
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
