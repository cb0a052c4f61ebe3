/** An import of damaged pictures through a whole host with its real decoder (T13). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forkSpawn } from '../../main/link/index.ts';
import { idle, importAll, makeTestHost } from './host.ts';
import type { TestHost } from './host.ts';
import { pngOf } from './images.ts';
import { mutant, wholePictures } from './mutants.ts';

/** What may be said of a file whose bytes are all there to be read. */
const REASONS = ['empty_file', 'truncated', 'corrupt_image', 'unsupported_format', 'too_many_pixels'];

/** `count` mutants, `most` of which may cost the decoder its life (none is known to). */
export function mutantsSuite(count: number, most = 0): void {
  describe(`${count} mutated pictures (T13)`, () => {
    let test: TestHost;
    let decoders = 0;
    beforeAll(() => {
      const fork = forkSpawn({ ACCENT_THREADS: '1' });
      test = makeTestHost((entry, lost) => {
        if (entry === 'decode') decoders++;
        return fork(entry, lost);
      });
    });
    afterAll(async () => {
      await test.dispose();
    });

    it('are each imported or skipped with a reason, and the host goes on', async () => {
      const folder = join(test.folder, 'pictures');
      mkdirSync(folder);
      const whole = await wholePictures();
      for (let n = 0; n < count; n++) {
        const { name, bytes } = mutant(whole, n);
        writeFileSync(join(folder, name), bytes);
      }
      const { report } = await importAll(test.host, folder);
      expect(report.found).toBe(count);
      expect(report.imported + report.duplicates + report.skipped.length).toBe(count);
      // Both happen, often: a mutation that nothing notices is an image, one that hurts is a reason.
      expect(report.imported).toBeGreaterThan(count / 50);
      const reasons = new Map<string, string[]>();
      for (const s of report.skipped) reasons.set(s.reason, [...(reasons.get(s.reason) ?? []), s.file]);
      for (const reason of ['truncated', 'corrupt_image', 'unsupported_format'])
        expect(reasons.get(reason)?.length ?? 0, reason).toBeGreaterThan(count / 100);
      const lost = [...reasons].filter(([reason]) => !REASONS.includes(reason));
      expect(
        lost.flatMap(([reason, files]) => files.map((f) => `${f} ${reason}`)).length,
        JSON.stringify(lost),
      ).toBeLessThanOrEqual(most);
      expect(decoders).toBeLessThanOrEqual(1 + 2 * most);
      for (const { message } of report.skipped) expect(message).not.toMatch(/[/\\]|Vips|libvips/i);

      const again = await importAll(test.host, folder);
      expect(again.report).toMatchObject({ imported: 0, unchanged: report.imported + report.duplicates });
      expect(again.report.skipped.map((s) => s.file)).toEqual(report.skipped.map((s) => s.file));
      writeFileSync(join(folder, 'zz-whole.png'), await pngOf([250, 5, 5]));
      expect((await importAll(test.host, folder)).report).toMatchObject({ imported: 1 });
      const { hits } = await test.host.services.catalog.search({ text: 'red', k: 1, packId: 'tiny' }, idle);
      expect(hits).toHaveLength(1);
    });
  });
}
