/** Results as files for elsewhere: what is known of them goes along as far as the user wants, and not a word further. */
import sharp from 'sharp';
import type { OverlayOptions } from 'sharp';
import * as v from 'valibot';
import { Recipe, because } from '#contract';
import type { ExportPairs, StudioServices } from '#contract';
import type { PairRow, ResultRow, Store } from '../store/index.ts';
import { bare } from '../../bare-png.ts';
import { withText } from './png-text.ts';
import { zipOf } from './zip.ts';
import type { ZipFile } from './zip.ts';

export interface ExportOptions {
  readonly store: Store;
  readonly file: (row: ResultRow) => Promise<Uint8Array | null>;
  readonly describe: (recipe: Recipe) => string;
  readonly recipeKey: string;
}

/** The arms of which the first that is there stands for the pair. */
const MAIN = ['refined', 'coarse', 'coarse2', 'sentence'];
/** Longest part of a file's name that comes from the sentence. */
const NAME_WORDS = 48;
const TILE = 256;
const GAP = 12;
const CAPTION = 22;
const COLUMNS = 4;

/** IPTC's term for what a trained model made, as an XMP packet (IPTC Photo Metadata 2025.1, Digital Source Type). */
const ORIGIN = `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
const XMP_KEY = 'XML:com.adobe.xmp';

/** With the mark of its origin, before the pixels: readers of metadata look no further. */
const marked = (png: Buffer, { origin }: ExportPairs): Buffer =>
  origin ? withText(png, { [XMP_KEY]: ORIGIN }, 'front') : png;

const wordsOf = (prompt: string): string =>
  prompt
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, NAME_WORDS)
    .replace(/^-+|-+$/g, '')
    .toLowerCase() || 'picture';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function makeExport({
  store,
  file,
  describe,
  recipeKey,
}: ExportOptions): Pick<StudioServices['gallery'], 'export'> {
  const main = (rows: readonly ResultRow[]): ResultRow | undefined =>
    MAIN.map((arm) => rows.find((row) => row.arm === arm)).find((row) => row !== undefined) ?? rows[0];

  function textOf(row: ResultRow, { metadata }: ExportPairs): Record<string, string> {
    const recipe = v.parse(Recipe, JSON.parse(row.recipe));
    return {
      ...(metadata === 'full'
        ? { Software: 'Accent', Description: describe(recipe), [recipeKey]: JSON.stringify(recipe) }
        : metadata === 'prompt'
          ? { Description: recipe.prompt }
          : {}),
    };
  }

  async function read(row: ResultRow): Promise<Uint8Array> {
    const png = await file(row);
    if (!png) throw because('picture_file_gone', { arm: row.arm });
    return png;
  }

  async function files(pairs: readonly PairRow[], wanted: ExportPairs): Promise<ZipFile[]> {
    const out: ZipFile[] = [];
    const names = new Set<string>();
    for (const pair of pairs) {
      const rows = store.read.gallery.results(pair.pair_id);
      const first = main(rows);
      for (const row of wanted.pictures === 'all' ? rows : first ? [first] : []) {
        // Without metadata the name says nothing either.
        const stem =
          wanted.metadata === 'none' ? 'picture' : `${wordsOf(pair.prompt)}-${pair.seed}-${row.arm}`;
        let name = `${stem}.png`;
        for (let n = 2; names.has(name); n++) name = `${stem}-${n}.png`;
        names.add(name);
        const plain = withText(bare(await read(row)), textOf(row, wanted));
        out.push({ name, bytes: marked(plain, wanted) });
      }
    }
    return out;
  }

  /** All pairs on one sheet, coarse left and refined right, with their sentences where metadata is wanted. */
  async function sheet(pairs: readonly PairRow[], wanted: ExportPairs): Promise<Buffer> {
    const captioned = wanted.metadata !== 'none';
    const perPair = wanted.pictures === 'all' ? 2 : 1;
    const width = TILE * perPair + (perPair - 1);
    const height = TILE + (captioned ? CAPTION : 0);
    const columns = Math.min(COLUMNS, pairs.length);
    const layers: OverlayOptions[] = [];
    for (const [i, pair] of pairs.entries()) {
      const left = GAP + (i % columns) * (width + GAP);
      const top = GAP + Math.floor(i / columns) * (height + GAP);
      const rows = store.read.gallery.results(pair.pair_id);
      const first = main(rows);
      const shown =
        perPair === 2
          ? [rows.find((r) => r.arm === 'coarse'), rows.find((r) => r.arm === 'refined')]
          : [first];
      const placed = shown.some((row) => row) ? shown : [first];
      for (const [n, row] of placed.entries()) {
        if (!row) continue;
        const input = await sharp(await read(row))
          .resize(TILE, TILE, { fit: 'cover' })
          .png()
          .toBuffer();
        layers.push({ input, left: left + n * (TILE + 1), top });
      }
      if (captioned) {
        // About six pixels a letter; what does not fit is cut.
        const text = escaped(pair.prompt.slice(0, Math.floor(width / 6.4)));
        const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CAPTION}"><text x="0" y="15" font-family="sans-serif" font-size="12" fill="#1b1b1b">${text}</text></svg>`;
        layers.push({ input: Buffer.from(svg), left, top: top + TILE });
      }
    }
    const lines = Math.ceil(pairs.length / columns);
    const png = await sharp({
      create: {
        width: GAP + columns * (width + GAP),
        height: GAP + lines * (height + GAP),
        channels: 3,
        background: '#ffffff',
      },
    })
      .composite(layers)
      .png({ compressionLevel: 9 })
      .toBuffer();
    return marked(png, wanted);
  }

  return {
    async export(wanted) {
      const pairs = [...new Set(wanted.pairIds)].map((id) => {
        const row = store.read.gallery.pair(id);
        if (!row) throw because('pairs_unknown', {});
        return row;
      });
      if (wanted.as === 'sheet')
        return { name: 'contact-sheet.png', type: 'image/png', bytes: await sheet(pairs, wanted) };
      const made = await files(pairs, wanted);
      const [first] = made;
      if (made.length === 1 && first) return { name: first.name, type: 'image/png', bytes: first.bytes };
      return { name: 'pairs.zip', type: 'application/zip', bytes: zipOf(made) };
    },
  };
}
