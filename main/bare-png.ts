/** PNG files that carry nothing but pixels, not even a resolution: nothing in them tells how a picture was made. Pure. */
import { AppError } from '#contract';

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const KEPT = ['IHDR', 'IDAT', 'IEND'];

/** The file without its other parts. Throws `invalid_input` for what is no whole PNG of true colour or grey. */
export function bare(png: Uint8Array): Buffer {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const bad = (): AppError =>
    new AppError('invalid_input', 'This picture is not a whole PNG file of true colour or grey.');
  if (!SIGNATURE.every((byte, i) => file[i] === byte)) throw bad();
  const kept = [file.subarray(0, 8)];
  const names: string[] = [];
  for (let at = 8; at < file.length;) {
    if (at + 12 > file.length) throw bad();
    const end = at + 12 + file.readUInt32BE(at);
    if (end > file.length) throw bad();
    const name = file.toString('latin1', at + 4, at + 8);
    // Without its palette such a picture would be another one.
    if (name === 'PLTE') throw bad();
    if (KEPT.includes(name)) {
      kept.push(file.subarray(at, end));
      names.push(name);
    }
    at = end;
  }
  if (names[0] !== 'IHDR' || names.at(-1) !== 'IEND' || !names.includes('IDAT')) throw bad();
  return Buffer.concat(kept);
}
