/** When a camera took a picture, out of its EXIF block. Every offset is checked: the block comes from anywhere. */

const DATE_TIME = 0x0132;
const DATE_TIME_ORIGINAL = 0x9003;
const EXIF_IFD = 0x8769;
const ASCII = 2;
const MAX_ENTRIES = 512;
const MAX_BYTES = 256 * 1024;

/**
 * Milliseconds since 1970 of DateTimeOriginal, else DateTime, taken as UTC, since EXIF names no zone; null where there is
 * none that makes sense.
 */
export function takenAtOf(exif: Uint8Array | undefined): number | null {
  if (!exif || exif.byteLength > MAX_BYTES) return null;
  let block = Buffer.from(exif.buffer, exif.byteOffset, exif.byteLength);
  if (block.toString('latin1', 0, 6) === 'Exif\0\0') block = block.subarray(6);
  const order = block.toString('latin1', 0, 2);
  if (block.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  const little = order === 'II';
  const u16 = (at: number): number => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  const u32 = (at: number): number => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));

  /** Tag to its type, count, and the place of its four value bytes. */
  function directory(at: number): Map<number, readonly [type: number, count: number, value: number]> {
    const found = new Map<number, readonly [number, number, number]>();
    if (at < 8 || at + 2 > block.length) return found;
    const n = Math.min(u16(at), MAX_ENTRIES);
    for (let i = 0, entry = at + 2; i < n && entry + 12 <= block.length; i++, entry += 12)
      found.set(u16(entry), [u16(entry + 2), u32(entry + 4), entry + 8]);
    return found;
  }
  function date(entry: readonly [number, number, number] | undefined): number | null {
    if (entry?.[0] !== ASCII || entry[1] < 19 || entry[1] > 64) return null;
    const at = u32(entry[2]);
    if (at + 19 > block.length) return null;
    const match = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(block.toString('latin1', at, at + 19));
    if (!match) return null;
    const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const time = Date.UTC(year, month - 1, day, hour, minute, second);
    // A date that the calendar does not have would be moved to another one.
    const real = new Date(time).getUTCDate() === day && month >= 1 && month <= 12 && hour < 24;
    return real && time >= 0 ? time : null;
  }

  const first = directory(u32(4));
  const pointer = first.get(EXIF_IFD);
  const original = pointer ? date(directory(u32(pointer[2])).get(DATE_TIME_ORIGINAL)) : null;
  return original ?? date(first.get(DATE_TIME));
}
