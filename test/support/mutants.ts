/** Damaged pictures by the thousand: seeded mutations of whole ones, the way that disks, cables and attackers make them. */
import sharp from 'sharp';
import { random } from '../../training/data/random.ts';
import type { Random } from '../../training/data/random.ts';
import { picture } from './images.ts';

/** Whole pictures of every kind that the decoder takes. */
export async function wholePictures(): Promise<{ name: string; bytes: Buffer }[]> {
  const base = () => picture([200, 100, 40], 64, 48);
  const noise = sharp(Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 2654435761) >>> 24)), {
    raw: { width: 64, height: 48, channels: 3 },
  });
  const frames = sharp(Buffer.concat([Buffer.alloc(64 * 3, 250), Buffer.alloc(64 * 3, 5)]), {
    raw: { width: 8, height: 16, channels: 3, pageHeight: 8 },
  });
  const exif = {
    IFD0: { ImageDescription: 'a made picture' },
    IFD2: { DateTimeOriginal: '2021:05:04 03:02:01' },
  };
  const made: [string, Promise<Buffer>][] = [
    ['jpg', base().jpeg({ quality: 90 }).withExif(exif).toBuffer()],
    ['jpg', base().jpeg({ progressive: true }).toBuffer()],
    ['jpg', noise.clone().jpeg({ quality: 70, chromaSubsampling: '4:4:4' }).toBuffer()],
    ['jpg', base().toColourspace('cmyk').jpeg().toBuffer()],
    ['png', base().png().toBuffer()],
    ['png', base().png({ palette: true }).toBuffer()],
    ['png', noise.clone().png({ progressive: true }).toBuffer()],
    ['png', base().ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer()],
    ['webp', base().webp({ quality: 80 }).withExif(exif).toBuffer()],
    ['webp', noise.clone().webp({ lossless: true }).toBuffer()],
    ['webp', base().ensureAlpha(0.3).webp({ quality: 60 }).toBuffer()],
    ['webp', frames.webp({ lossless: true, loop: 0, delay: [100, 100] }).toBuffer()],
  ];
  return Promise.all(made.map(async ([name, bytes]) => ({ name, bytes: await bytes })));
}

type Mutation = (bytes: Buffer, r: Random, other: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  function flip(bytes, r) {
    const out = Buffer.from(bytes);
    for (let n = 1 + r.below(16); n > 0; n--) {
      const at = r.below(out.length);
      out[at] = (out[at] as number) ^ (1 << r.below(8));
    }
    return out;
  },
  function cut(bytes, r) {
    return bytes.subarray(0, r.below(bytes.length));
  },
  function splice(bytes, r, other) {
    return Buffer.concat([bytes.subarray(0, r.below(bytes.length)), other.subarray(r.below(other.length))]);
  },
  function swap(bytes, r) {
    const [a, b, c] = [r.below(bytes.length), r.below(bytes.length), r.below(bytes.length)].sort(
      (x, y) => x - y,
    ) as [number, number, number];
    return Buffer.concat([
      bytes.subarray(0, a),
      bytes.subarray(b, c),
      bytes.subarray(a, b),
      bytes.subarray(c),
    ]);
  },
  function fill(bytes, r) {
    const at = r.below(bytes.length);
    return Buffer.from(bytes).fill(r.pick([0, 0xff, 0x80]), at, Math.min(bytes.length, at + 1 + r.below(64)));
  },
  function lengths(bytes, r) {
    const out = Buffer.from(bytes);
    out.writeUInt32BE(r.pick([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]), r.below(out.length - 4));
    return out;
  },
  function insert(bytes, r) {
    const at = r.below(bytes.length);
    const more = Buffer.from(Array.from({ length: 1 + r.below(200) }, () => r.below(256)));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  function repeat(bytes, r) {
    const at = r.below(bytes.length);
    const run = bytes.subarray(at, at + 1 + r.below(300));
    return Buffer.concat([bytes.subarray(0, at), run, run, bytes.subarray(at)]);
  },
];

/** Mutant `n` of these pictures; the same for ever. One in three is mutated twice. */
export function mutant(
  whole: readonly { name: string; bytes: Buffer }[],
  n: number,
): { name: string; bytes: Buffer } {
  const r = random('mutants', n);
  const { name, bytes } = r.pick(whole);
  let out = bytes;
  for (let turns = r.chance(1 / 3) ? 2 : 1; turns > 0 && out.length > 4; turns--)
    out = r.pick(MUTATIONS)(out, r, r.pick(whole).bytes);
  return { name: `${String(n).padStart(5, '0')}.${name}`, bytes: out };
}
