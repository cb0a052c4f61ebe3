/**
 * The sample reference folder that ships with the studio: 600 PNGs of 64 px, every nameable value at least 8 times, from a
 * stream of its own (none of any split), named by content so that no name tells what is seen.
 * `node training/data/sample.ts --out models/sample [--domain scenes]`
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { domainOf } from './domain.ts';
import type { Domain } from './domain.ts';
import { random } from './random.ts';
import type { Scene } from './scene.ts';

const COUNT = 600;
const LEAST = 8;

/** Scenes in which every value occurs at least LEAST times: the first half as they come, then those that help most. */
export function chooseScenes(
  seed: string,
  count: number,
  least: number,
  domain: Pick<Domain, 'groups' | 'draw'> = domainOf('first'),
): { index: number; scene: Scene }[] {
  const seen = new Map<string, number>();
  const keys = (scene: Scene): string[] => Object.entries(scene).map(([g, v]) => `${g}=${v}`);
  const missing = (key: string): number => Math.max(0, least - (seen.get(key) ?? 0));
  const chosen: { index: number; scene: Scene }[] = [];
  for (let index = 0; chosen.length < count; index++) {
    const scene = domain.draw(random(`${seed}/sample`, index), false);
    const need = keys(scene).reduce((sum, key) => sum + missing(key), 0);
    const wanting = domain.groups.some((g) => g.values.some((v) => missing(`${g.id}=${v.id}`) > 0));
    if (chosen.length >= count / 2 && wanting && need === 0) continue;
    for (const key of keys(scene)) seen.set(key, (seen.get(key) ?? 0) + 1);
    chosen.push({ index, scene });
  }
  const short = domain.groups.flatMap((g) =>
    g.values.filter((v) => missing(`${g.id}=${v.id}`) > 0).map((v) => `${g.id}=${v.id}`),
  );
  if (short.length > 0) throw new Error(`too few images of ${short.join(', ')}`);
  return chosen;
}

const { values: args } = parseArgs({
  options: {
    out: { type: 'string' },
    domain: { type: 'string', default: 'first' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: String(COUNT) },
  },
});
if (args.out) {
  const domain = domainOf(args.domain);
  await domain.load();
  rmSync(args.out, { recursive: true, force: true });
  mkdirSync(args.out, { recursive: true });
  for (const { index } of chooseScenes(
    args.seed,
    Number(args.count),
    Number(args.count) >= COUNT ? LEAST : 0,
    domain,
  )) {
    const r = random(`${args.seed}/sample`, index);
    const rgb = domain.picture(domain.draw(r, false), r)(64);
    const png = await sharp(rgb, { raw: { width: 64, height: 64, channels: 3 } })
      .png({ compressionLevel: 9, palette: false })
      .toBuffer();
    writeFileSync(join(args.out, `${createHash('sha256').update(png).digest('hex').slice(0, 16)}.png`), png);
  }
}
