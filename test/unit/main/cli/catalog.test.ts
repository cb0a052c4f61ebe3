/** `catalog export`, `import` and `vectors` over whole hosts. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogCommand } from '../../../../main/cli/catalog.ts';
import type { Output } from '../../../../main/cli/output.ts';
import { idle, importAll, makeTestHost, writePictures } from '../../../support/host.ts';
import type { TestHost } from '../../../support/host.ts';

let from: TestHost;
let to: TestHost;
beforeEach(async () => {
  from = makeTestHost();
  to = makeTestHost();
  mkdirSync(join(from.folder, 'pictures'));
  await writePictures(join(from.folder, 'pictures'));
  await importAll(from.host, join(from.folder, 'pictures'));
});
afterEach(async () => {
  await from.dispose();
  await to.dispose();
});

/** Runs a command and gives its lines and results; the command closes its host. */
async function run(on: TestHost, rest: readonly string[], vectors = true) {
  const lines: string[] = [];
  const results: unknown[] = [];
  const output: Output = {
    json: false,
    line: (text) => lines.push(text),
    result: (value) => results.push(value),
    progress: () => undefined,
    note: () => undefined,
  };
  await catalogCommand(rest, { home: on.home, pack: undefined, vectors }, () => on.host, output, idle.signal);
  await on.restart();
  return { lines, results };
}

describe('catalog on the command line', () => {
  it('moves what is known to another catalog, and gives a pack the vectors it lacks', async () => {
    const file = join(from.folder, 'pictures.accent.gz');
    const wrote = await run(from, ['export', file], false);
    expect(wrote.results).toEqual([{ images: 6, choices: 0, vectors: 0 }]);
    expect(existsSync(file)).toBe(true);
    const merged = await run(to, ['import', file]);
    expect(merged.lines).toEqual(['6 images are new, 0 were known; added 0 choices and 0 vectors.']);
    const added = await run(to, ['vectors']);
    expect(added.lines).toEqual(['The pack tiny has 6 new vectors.']);
    expect((await run(to, ['vectors'])).lines).toEqual(['The pack tiny has 0 new vectors.']);
    const hits = async ({ host }: TestHost): Promise<string[]> =>
      (await host.services.catalog.search({ text: 'red', packId: 'tiny', k: 6 }, idle)).hits.map(
        (h) => h.image.name,
      );
    expect(await hits(to)).toEqual(await hits(from));
  });

  it('asks for the file, and says which words it knows', async () => {
    await expect(run(from, ['export'])).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(run(from, ['move'])).rejects.toThrow(/export, import, vectors, got "move"/);
  });
});
