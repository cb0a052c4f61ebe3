/** The files of a pack as a person gives them: a folder, or one .tar of it. Nothing is read before it is needed. */
import { PackManifest, because, parse } from '#contract';

/** Name -> bytes, of one folder. */
export type PackSource = ReadonlyMap<string, Blob>;

const BLOCK = 512;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, path.length - nameOf(path).length);

/** Files that lie beside the manifest. Throws `bad_manifest` where there is none. */
function beside(files: readonly (readonly [path: string, data: Blob])[]): PackSource {
  const manifests = files.filter(([path]) => nameOf(path) === 'manifest.json');
  const [first] = manifests.sort(([a], [b]) => a.length - b.length);
  if (!first) throw because('manifest_missing', {});
  const folder = folderOf(first[0]);
  return new Map(
    files.filter(([path]) => folderOf(path) === folder).map(([path, data]) => [nameOf(path), data]),
  );
}

/** What a folder field gives. */
export const fromFolder = (files: readonly File[]): PackSource =>
  beside(files.map((file) => [file.webkitRelativePath || file.name, file]));

/** A tar file (ustar, also as GNU tar and bsdtar write it). Throws `bad_manifest` for anything else. */
export async function fromTar(file: Blob): Promise<PackSource> {
  const files: [string, Blob][] = [];
  const text = new TextDecoder();
  for (let at = 0; at + BLOCK <= file.size;) {
    const head = new Uint8Array(await file.slice(at, at + BLOCK).arrayBuffer());
    if (head.every((byte) => byte === 0)) break;
    const field = (from: number, length: number): string =>
      text.decode(head.subarray(from, from + length)).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12).trim(), 8);
    if (!field(257, 6).startsWith('ustar') || !(size >= 0)) throw because('not_a_pack_tar', {});
    const prefix = field(345, 155);
    const path = prefix === '' ? field(0, 100) : `${prefix}/${field(0, 100)}`;
    const kind = field(156, 1);
    if (kind === '0' || kind === '') files.push([path, file.slice(at + BLOCK, at + BLOCK + size)]);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return beside(files);
}

/** The manifest of a source. Throws `bad_manifest` naming the field that does not fit. */
export async function manifestOf(source: PackSource): Promise<PackManifest> {
  let json: unknown;
  try {
    json = JSON.parse((await source.get('manifest.json')?.text()) ?? '');
  } catch (cause) {
    throw because('manifest_not_json', {}, { cause });
  }
  return parse(PackManifest, json, 'manifest.json');
}
