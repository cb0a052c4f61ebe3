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

/** Sentences with their seeds; the last one is shown. */
const PAIRS = [
  ['A robot with an (antenna:1.2) and a (heart:1.8) on its chest', 385_095],
  ['A potted plant with (yellow flowers:1.4) in a (striped pot:1.2)', 230_097],
  ['A blocky person with (freckles:1.2) and (pink buns:1.6) on a light background', 461_044],
  ['A blocky person with (a full beard:1.4), (shades:1.0) and (a blue beanie:1.0)', 794_433],
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
