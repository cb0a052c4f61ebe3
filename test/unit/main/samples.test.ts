/** Which sample images are taken in unasked, and which the page may offer. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePack, ensureReferences } from '../../../main/cli/studio.ts';
import { offerSamples } from '../../../main/samples.ts';
import type { Output } from '../../../main/cli/output.ts';
import { idle, importAll, makeTestHost, writePictures } from '../../support/host.ts';
import type { TestHost } from '../../support/host.ts';
import { writeTinyPack } from '../../support/tiny-pack.ts';

let test: TestHost;
const quiet = () => undefined;
const output: Output = { json: false, line: quiet, note: quiet, result: quiet, progress: quiet };

beforeEach(async () => {
  test = makeTestHost();
  writeTinyPack(test.packs, { id: 'zoo', manifest: (m) => ({ ...m, domain: 'scenes' }) });
  const [sample, scenes] = [join(test.folder, 'sample'), join(test.folder, 'sample-scenes')];
  await writePictures(sample);
  mkdirSync(scenes);
  for (const name of ['red-1.jpg', 'green-1.jpg']) cpSync(join(sample, name), join(scenes, name));
  await test.restart({ sampleFolder: sample });
});
afterEach(() => test.dispose());

const ensured = async (packId: string) => {
  const pack = await choosePack(test.host.services, packId, idle.signal);
  return ensureReferences(test.host, undefined, pack, output, idle.signal);
};
const roots = async () => {
  const all = (await test.host.services.catalog.roots({}, idle)).roots;
  return all.map(({ name, imageCount }) => [name, imageCount]).sort();
};

describe('sample images', () => {
  it('are those of what the pack draws, once, also beside those of another pack', async () => {
    expect(await ensured('tiny')).toMatchObject({ found: 6, imported: 6 });
    expect(await ensured('tiny')).toBeNull();
    expect(await roots()).toEqual([['sample', 6]]);
    expect(await ensured('zoo')).not.toBeNull();
    expect(await ensured('zoo')).toBeNull();
    expect(await roots()).toEqual([
      ['sample', 6],
      ['sample-scenes', 2],
    ]);
  });

  it('of packs that were not used are known, unread', async () => {
    await ensured('tiny');
    await offerSamples(test.host, idle.signal);
    expect(await roots()).toEqual([
      ['sample', 6],
      ['sample-scenes', 0],
    ]);
  });

  it('do not come beside images of the owner', async () => {
    const pictures = join(test.folder, 'pictures');
    await writePictures(pictures);
    await importAll(test.host, pictures);
    expect(await ensured('zoo')).toBeNull();
    await offerSamples(test.host, idle.signal);
    expect(await roots()).toEqual([['pictures', 6]]);
  });
});
