import { describe, expect, it } from 'vitest';
import { fromFolder, fromTar, manifestOf } from '../../../../renderer/features/packs/pack-source.ts';

/** A tar file of these, in the ustar format: name, mode, owner, group, size, time, checksum, kind, magic. */
function tarOf(files: Readonly<Record<string, string>>, prefix = ''): Blob {
  const blocks: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write(Buffer.byteLength(text).toString(8).padStart(11, '0'), 124);
    head.write(name.endsWith('/') ? '5' : '0', 156);
    head.write('ustar\u000000', 257);
    head.write(prefix, 345);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    body.write(text);
    blocks.push(head, body);
  }
  return new Blob([new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]))]);
}
const file = (path: string, text: string): File => {
  const made = new File([text], path.split('/').at(-1) ?? '');
  Object.defineProperty(made, 'webkitRelativePath', { value: path });
  return made;
};
const textOf = async (source: Awaited<ReturnType<typeof fromTar>>) =>
  Object.fromEntries(
    await Promise.all([...source].map(async ([name, data]) => [name, await data.text()] as const)),
  );

describe('a pack that is chosen', () => {
  it('as a folder is what lies beside the manifest, not what lies below', async () => {
    const source = fromFolder([
      file('mine/pack/part.onnx', 'p'),
      file('mine/pack/manifest.json', '{}'),
      file('mine/pack/old/manifest.json', '{"old":1}'),
      file('mine/readme.txt', 'r'),
    ]);
    expect(await textOf(source)).toEqual({ 'part.onnx': 'p', 'manifest.json': '{}' });
    expect(() => fromFolder([file('mine/readme.txt', 'r')])).toThrow('no manifest.json');
  });

  it.each(['', 'pack'])('as a tar file is read the same, prefix "%s"', async (prefix) => {
    const long = 'x'.repeat(1300);
    const source = await fromTar(
      tarOf({ 'tiny/': '', 'tiny/manifest.json': '{"a":1}', 'tiny/part.onnx': long }, prefix),
    );
    expect(await textOf(source)).toEqual({ 'manifest.json': '{"a":1}', 'part.onnx': long });
  });

  it('as another file is refused with words', async () => {
    await expect(fromTar(new Blob(['PK'.padEnd(2000, 'z')]))).rejects.toMatchObject({ code: 'bad_manifest' });
    await expect(fromTar(tarOf({ 'a.txt': 'x' }))).rejects.toThrow('no manifest.json');
    await expect(manifestOf(new Map([['manifest.json', new Blob(['{'])]]))).rejects.toMatchObject({
      code: 'bad_manifest',
    });
    await expect(
      manifestOf(new Map([['manifest.json', new Blob(['{"format":"x"}'])]])),
    ).rejects.toMatchObject({
      message: expect.stringContaining('manifest.json: ') as string,
    });
  });
});
