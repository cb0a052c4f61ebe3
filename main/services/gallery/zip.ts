/** ZIP archives of files that are compressed already: stored, with UTF-8 names, no larger than a plain ZIP can be. */
import { crc32 } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const VERSION = 20;
const UTF8 = 0x0800;
/** 1 January 1980, so that the same pictures make the same archive. */
const DATE = 0x0021;

/** The fields that stand in a file's own header and again in the directory, from the version to the name's length. */
function fields({ name, bytes }: ZipFile): Buffer {
  const out = Buffer.alloc(26);
  out.writeUInt16LE(VERSION, 0);
  out.writeUInt16LE(UTF8, 2);
  out.writeUInt16LE(DATE, 8);
  out.writeUInt32LE(crc32(bytes), 10);
  out.writeUInt32LE(bytes.length, 14);
  out.writeUInt32LE(bytes.length, 18);
  out.writeUInt16LE(Buffer.byteLength(name), 22);
  return out;
}

/** The archive (PKWARE APPNOTE 6.3, method 0). Names must differ and hold no "..". */
export function zipOf(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const head = fields(file);
    const name = Buffer.from(file.name);
    directory.push(
      Buffer.from([0x50, 0x4b, 1, 2, VERSION, 0]),
      head,
      // No comment, first disk, no attributes, then where the file begins.
      Buffer.alloc(10),
      number(at),
      name,
    );
    for (const part of [Buffer.from([0x50, 0x4b, 3, 4]), head, name, Buffer.from(file.bytes)]) {
      parts.push(part);
      at += part.length;
    }
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}

function number(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value, 0);
  return out;
}
