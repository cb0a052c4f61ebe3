/**
 * Contact sheet of a shard with its captions: `node training/data/sheet.ts SHARD.rgb OUT.png [--count 24]`.
 * Looked at by a person before any training: do the words read right?
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

const SIZE = 64;
const TILE = { width: 300, height: 210, image: 128 };

interface Row {
  readonly captions: readonly { readonly text: string }[];
}

const escape = (text: string): string => text.replace(/[&<>]/g, (c) => `&#${String(c.charCodeAt(0))};`);

function lines(text: string, width: number): string[] {
  const out: string[] = [''];
  for (const word of text.split(' ')) {
    const last = out.at(-1) ?? '';
    if (last.length + word.length + 1 > width) out.push(word);
    else out[out.length - 1] = last ? `${last} ${word}` : word;
  }
  return out;
}

async function tile(rgb: Uint8Array, text: string): Promise<Buffer> {
  const image = await sharp(rgb, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .resize(TILE.image, TILE.image, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const label = lines(text, 46)
    .map(
      (l, i) =>
        `<text x="4" y="${String(13 + i * 14)}" font-size="11" font-family="DejaVu Sans">${escape(l)}</text>`,
    )
    .join('');
  const svg = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(TILE.width)}" height="80">${label}</svg>`,
  );
  return sharp({ create: { width: TILE.width, height: TILE.height, channels: 3, background: 'white' } })
    .composite([
      { input: image, left: 4, top: 2 },
      { input: svg, left: 0, top: TILE.image + 2 },
    ])
    .png()
    .toBuffer();
}

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '24' }, columns: { type: 'string', default: '4' } },
});
const [input, output] = positionals;
if (!input || !output) throw new Error('expected SHARD.rgb OUT.png');
const pixels = readFileSync(input);
const rows = readFileSync(input.replace(/\.rgb$/, '.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .slice(0, Number(args.count));
const columns = Number(args.columns);
const tiles = await Promise.all(
  rows.map((line, i) =>
    tile(
      pixels.subarray(i * SIZE * SIZE * 3, (i + 1) * SIZE * SIZE * 3),
      (JSON.parse(line) as Row).captions[0]?.text ?? '',
    ),
  ),
);
await sharp({
  create: {
    width: columns * TILE.width,
    height: Math.ceil(tiles.length / columns) * TILE.height,
    channels: 3,
    background: 'white',
  },
})
  .composite(
    tiles.map((t, i) => ({
      input: t,
      left: (i % columns) * TILE.width,
      top: Math.floor(i / columns) * TILE.height,
    })),
  )
  .png()
  .toFile(output);
