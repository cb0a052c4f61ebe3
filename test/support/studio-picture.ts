/**
 * Makes docs/images/studio.png, the picture of the README, over the studio itself with the packs and samples that ship with it:
 *   npm exec -c 'node test/support/studio-picture.ts docs/images/studio.png'
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { launchChromium } from './browser.ts';
import { makePair, openDemo, writeMarked } from './demo-page.ts';
import { serveReal } from './real-serve.ts';

/**
 * Sentences with their seeds; the last one is shown. Each is a pair in which refinement brings a detail that the coarse picture
 * lacks (found among the prompts that docs/evaluation.md tells of, the robots among those of words that training never heard
 * together): how often that is so stands there.
 */
const PAIRS = [
  [
    'a person: baby blue background, (pale skin:1.0), (a yellow cap:1.0), (a frown:1.0), (a brown suit with a white shirt:1.0)',
    1057,
  ],
  [
    'a bot: (red lights:1.0), chest vents, baby blue background, bolts on the head, (cross eyes:1.0), (gray metal:1.0)',
    1020,
  ],
  [
    'a blocky robot with (a siren:1.0), (a heart on the chest:1.0), (yellow metal:1.0), (green lights:1.0) and round eyes on a cream background',
    1026,
  ],
] as const;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the file of the picture.');
const home = mkdtempSync(join(tmpdir(), 'accent-studio-'));
const served = await serveReal(home);
const browser = await launchChromium();
try {
  const { page, complaints } = await openDemo(browser, served, { width: 1600, height: 1000 });
  page.setDefaultTimeout(300_000);
  for (const [sentence, seed] of PAIRS) {
    await writeMarked(page, sentence);
    await page.getByTestId('seed').fill(String(seed));
    await makePair(page);
  }
  await page.getByTestId('emphasis').first().click();
  await page.getByTestId('reference').first().waitFor();
  await page.getByTestId('copy-recipe').waitFor();
  await page.waitForTimeout(500);
  const picture = await page.screenshot();
  await sharp(picture).png({ palette: true, colours: 256, dither: 0, effort: 10 }).toFile(file);
  if (complaints.length > 0) console.log(complaints);
} finally {
  await browser.close();
  await served.close();
  rmSync(home, { recursive: true, force: true });
}
