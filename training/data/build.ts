/**
 * Builds the data set: `node training/data/build.ts --out DIR [--domain scenes] [--seed 1] [--only train] [--part 0/2]`.
 * Shards of 1,000 images: `train-000.rgb` (uint8 `[n, 64, 64, 3]`), `train-000.jsonl` (one record an image), and for
 * the upscaler `train-000.256.rgb`. Finished shards are skipped, so it can be stopped at any moment.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { phrasesOf } from './caption.ts';
import { domainOf } from './domain.ts';
import { random } from './random.ts';
import { SHARD } from './splits.ts';
import type { Split } from './splits.ts';

const SIZE = 64;

function write(path: string, data: Uint8Array | string): void {
  writeFileSync(`${path}.part`, data);
  renameSync(`${path}.part`, path);
}

function buildShard(out: string, seed: string, split: Split, shard: number): void {
  const first = shard * SHARD;
  const n = Math.min(SHARD, split.count - first);
  const twins = Math.max(0, Math.min(n, split.twins - first));
  const pixels = new Uint8Array(n * SIZE * SIZE * 3);
  const large = new Uint8Array(twins * 256 * 256 * 3);
  const lines: string[] = [];
  for (let k = 0; k < n; k++) {
    const r = random(`${seed}/${split.name}`, first + k);
    const scene = domain.draw(r, split.heldOut);
    const picture = domain.picture(scene, r);
    pixels.set(picture(SIZE), k * SIZE * SIZE * 3);
    if (k < twins) large.set(picture(256), k * 256 * 256 * 3);
    const captions = [
      domain.caption(scene, r, { keep: 1 }),
      domain.caption(scene, r, { keep: 0.55 }),
      domain.caption(scene, r, { keep: 0.3 }),
    ];
    const held = domain.caption(scene, r, { keep: 1, held: true });
    lines.push(JSON.stringify({ id: first + k, scene, captions, held }));
  }
  const base = join(out, `${split.name}-${String(shard).padStart(3, '0')}`);
  if (twins > 0) write(`${base}.256.rgb`, large);
  write(`${base}.jsonl`, lines.join('\n') + '\n');
  write(`${base}.rgb`, pixels);
}

const { values: args } = parseArgs({
  options: {
    out: { type: 'string' },
    domain: { type: 'string', default: 'first' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    part: { type: 'string', default: '0/1' },
  },
});
if (!args.out) throw new Error('expected --out DIR: the folder that receives the shards');
const domain = domainOf(args.domain);
const [part = 0, parts = 1] = args.part.split('/').map(Number);
mkdirSync(args.out, { recursive: true });
if (part === 0)
  write(
    join(args.out, 'glossary.json'),
    JSON.stringify(
      {
        groups: domain.groups,
        heldOutPairs: domain.heldOutPairs,
        phrases: phrasesOf(domain.groups, false),
        heldPhrases: phrasesOf(domain.groups, true),
      },
      null,
      1,
    ),
  );
await domain.load();
for (const split of domain.splits) {
  if (args.only && args.only !== split.name) continue;
  for (let shard = 0; shard * SHARD < split.count; shard++) {
    if (shard % parts !== part) continue;
    if (existsSync(join(args.out, `${split.name}-${String(shard).padStart(3, '0')}.rgb`))) continue;
    buildShard(args.out, args.seed, split, shard);
  }
  process.stdout.write(`${split.name} part ${part}/${parts} complete\n`);
}
