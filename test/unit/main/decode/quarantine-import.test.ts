/** The quarantine in a whole host: what an import says of a picture that kills its decoder again and again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forkSpawn } from '../../../../main/link/index.ts';
import { importAll, makeTestHost } from '../../../support/host.ts';
import type { TestHost } from '../../../support/host.ts';
import { pngOf } from '../../../support/images.ts';

const DEADLY = 'kills its decoder';
let test: TestHost;
let given = 0;
beforeAll(() => {
  const fork = forkSpawn({ ACCENT_THREADS: '1' });
  test = makeTestHost((entry, lost) => {
    const handle = fork(entry, lost);
    if (entry !== 'decode') return handle;
    return {
      ...handle,
      link: {
        ...handle.link,
        send: (bytes) => {
          if (!Buffer.from(bytes).includes(DEADLY)) return handle.link.send(bytes);
          given++;
          handle.kill();
          return Promise.resolve();
        },
      },
    };
  });
});
afterAll(async () => {
  await test.dispose();
});

it('skips a picture that killed its decoder in two imports without handing it over, and takes the others', async () => {
  const folder = join(test.folder, 'pictures');
  mkdirSync(folder);
  const deadly = Buffer.concat([await pngOf([9, 9, 9]), Buffer.from(DEADLY)]);
  writeFileSync(join(folder, 'deadly.png'), deadly);
  writeFileSync(join(folder, 'good.png'), await pngOf([200, 20, 20]));
  const reasons = async (): Promise<string[]> =>
    (await importAll(test.host, folder)).report.skipped.map((s) => `${s.file} ${s.reason}`);
  expect(await reasons()).toEqual(['deadly.png decode_lost']);
  expect(await reasons()).toEqual(['deadly.png decode_lost']);
  const before = given;
  expect(before).toBeGreaterThanOrEqual(2);
  await test.restart();
  writeFileSync(join(folder, 'copy.png'), deadly);
  const { report } = await importAll(test.host, folder);
  expect(report.skipped.map((s) => [s.file, s.reason])).toEqual([
    ['copy.png', 'quarantined'],
    ['deadly.png', 'quarantined'],
  ]);
  for (const { message } of report.skipped) expect(message).toMatch(/ended the decoder twice/);
  expect(report).toMatchObject({ found: 3, unchanged: 1 });
  expect(given).toBe(before);
});
