/** Text in PNG files: writes iTXt chunks, reads them back with a cap. What is read is data for a schema, never code. */
import { crc32 } from 'node:zlib';
import { AppError } from '#contract';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MAX_TEXT = 256 * 1024;
/** Longest key of a text entry, by the PNG standard. */
const MAX_KEY = 79;

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** Length of the signature with the header, after which other chunks may come. */
const HEAD = 33;

/** The PNG with iTXt entries before its end, or before its pixels. Keys are at most 79 Latin-1 characters. */
export function withText(
  png: Uint8Array,
  entries: Readonly<Record<string, string>>,
  place: 'front' | 'end' = 'end',
): Buffer {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const end = place === 'front' ? HEAD : file.lastIndexOf('IEND', undefined, 'latin1') - 4;
  const chunks = Object.entries(entries).map(([key, text]) =>
    chunk('iTXt', Buffer.concat([Buffer.from(`${key}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')])),
  );
  return Buffer.concat([file.subarray(0, end), ...chunks, file.subarray(end)]);
}

/**
 * Uncompressed iTXt and tEXt entries of a PNG, each at most 256 KiB. Throws `not_an_image` for anything else than a PNG,
 * `truncated` for a cut one, `corrupt_image` for a chunk with a wrong checksum, and `too_large` when an entry of the key
 * `needed` is larger; larger ones of other keys are passed over.
 */
export function readText(png: Uint8Array, needed?: string): Map<string, string> {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (!file.subarray(0, 8).equals(SIGNATURE))
    throw new AppError('not_an_image', 'Expected a PNG file that the studio wrote.');
  const out = new Map<string, string>();
  for (let at = 8; at + 12 <= file.length;) {
    const length = file.readUInt32BE(at);
    if (at + 12 + length > file.length) throw new AppError('truncated', 'The PNG file is cut off.');
    const type = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + length);
    if (crc32(file.subarray(at + 4, at + 8 + length)) !== file.readUInt32BE(at + 8 + length))
      throw new AppError('corrupt_image', 'The PNG file is damaged: a checksum in it is wrong.');
    at += 12 + length;
    if (type === 'IEND') return out;
    if (type !== 'iTXt' && type !== 'tEXt') continue;
    const zero = data.subarray(0, MAX_KEY + 1).indexOf(0);
    if (zero <= 0) continue;
    const key = data.toString('latin1', 0, zero);
    if (length > MAX_TEXT) {
      if (key === needed)
        throw new AppError(
          'too_large',
          `The entry "${key}" in this PNG has ${Math.ceil(length / 1024)} KiB; at most ${MAX_TEXT / 1024} are read.`,
        );
      continue;
    }
    if (type === 'tEXt') out.set(key, data.toString('latin1', zero + 1));
    else if (data[zero + 1] === 0) {
      const language = data.indexOf(0, zero + 3);
      const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
      if (translated > 0) out.set(key, data.toString('utf8', translated + 1));
    }
  }
  throw new AppError('truncated', 'The PNG file is cut off: its end is missing.');
}
