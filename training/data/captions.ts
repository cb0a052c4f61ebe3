/**
 * Writes more captions of images that are there already, in other words and orders, without drawing one again:
 * `node training/data/captions.ts --out DIR [--domain scenes] [--seed 1] [--part 0/2]`. Beside each `train-000.jsonl` it puts
 * `train-000.captions.jsonl`, a list of captions a line in the records' order. The text head and the prior train on them
 * (docs/decisions/0007); finished shards are skipped.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { domainOf } from './domain.ts';
import { random } from './random.ts';
import type { Scene } from './scene.ts';

/** Share of the attributes that each further caption names: mostly all, for the more a caption says, the more is lost of it. */
const KEEPS = [1, 1, 0.7];

const { values: args } = parseArgs({
  options: {
    out: { type: 'string' },
    domain: { type: 'string', default: 'first' },
    seed: { type: 'string', default: '1' },
    part: { type: 'string', default: '0/1' },
  },
});
if (!args.out) throw new Error('expected --out DIR: the folder that build.ts filled');
const out = args.out;
const domain = domainOf(args.domain);
const [part = 0, parts = 1] = args.part.split('/').map(Number);
const shards = readdirSync(out).filter((name) => /^train-\d{3}\.jsonl$/.test(name));
if (shards.length === 0) throw new Error(`no train-NNN.jsonl in ${out}: run training/data/build.ts first`);
for (const [number, name] of shards.sort().entries()) {
  const target = join(out, name.replace('.jsonl', '.captions.jsonl'));
  if (number % parts !== part || existsSync(target)) continue;
  const lines = readFileSync(join(out, name), 'utf8').trimEnd().split('\n');
  const made = lines.map((line) => {
    const { id, scene } = JSON.parse(line) as { id: number; scene: Scene };
    const r = random(`${args.seed}/train/captions`, id);
    return JSON.stringify(KEEPS.map((keep) => domain.caption(scene, r, { keep })));
  });
  writeFileSync(`${target}.part`, made.join('\n') + '\n');
  renameSync(`${target}.part`, target);
}
process.stdout.write(`captions part ${part}/${parts} complete\n`);
