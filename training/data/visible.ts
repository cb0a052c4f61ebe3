/**
 * Which details of a scene its own picture does not show: `node training/data/visible.ts [--split validation] [--count 300]`.
 * Each scene is drawn again with every other value of each group, all else equal; a group of which none changes a pixel is
 * hidden. Prints these and, for each group, how many values come closest to being so. training/reader/visible.py is the rule.
 */
import { parseArgs } from 'node:util';
import { group } from './glossary.ts';
import { random } from './random.ts';
import { toRgb, toSvg } from './render.ts';
import { drawScene, rendering } from './scene.ts';
import type { Rendering, Scene } from './scene.ts';
import { SPLITS } from './splits.ts';

const SIZE = 64;
/** Groups that a scene may lack while nothing takes their place. */
const OPTIONAL = ['beard', 'glasses', 'critterTop', 'robotTop', 'chest'];
/** Options that are drawn without a name: they stay as they are in the scene's own picture. */
const UNNAMED = ['seed', 'pantsColor', 'shoesColor', 'plantColor'];

/** Largest difference of a channel, 0 .. 255, between a scene's picture and that of the scene with another value (or none). */
function change(own: Rendering, picture: Uint8Array, scene: Scene, g: string, other: string | null): number {
  const changed: Record<string, string> = { ...scene };
  if (other === null) delete changed[g];
  else changed[g] = other;
  const { style, options } = rendering(changed, random('unnamed', 0));
  for (const name of UNNAMED) if (name in own.options) options[name] = own.options[name];
  if (scene['subject'] === 'robot') options['mouthVariant'] = own.options['mouthVariant'];
  const again = toRgb(toSvg({ style, options }), SIZE);
  return picture.reduce((most, x, i) => Math.max(most, Math.abs(x - (again[i] as number))), 0);
}

const { values: args } = parseArgs({
  options: { split: { type: 'string', default: 'validation' }, count: { type: 'string', default: '300' } },
});
const split = SPLITS.find((s) => s.name === args.split);
if (!split) throw new Error(`--split: expected ${SPLITS.map((s) => s.name).join(', ')}, got "${args.split}"`);
let details = 0;
const faint = new Map<string, number>();
for (let k = 0; k < Number(args.count); k++) {
  const r = random(`1/${split.name}`, k);
  const scene = drawScene(r, split.heldOut === true);
  const own = rendering(scene, r);
  const picture = toRgb(toSvg(own), SIZE);
  for (const [g, id] of Object.entries(scene)) {
    if (g === 'subject' || g === 'background') continue;
    const others: (string | null)[] = group(g)
      .values.map((x) => x.id)
      .filter((x) => x !== id);
    if (OPTIONAL.includes(g)) others.push(null);
    const changes = others.map((other) => change(own, picture, scene, g, other));
    details++;
    if (Math.max(...changes) === 0)
      process.stdout.write(`hidden: ${g}=${id} in ${split.name} ${k}: ${JSON.stringify(scene)}\n`);
    else if (Math.min(...changes) <= 12) faint.set(`${g}=${id}`, (faint.get(`${g}=${id}`) ?? 0) + 1);
  }
}
process.stdout.write(
  `${details} details; at most 12 levels from another value: ${JSON.stringify(Object.fromEntries(faint))}\n`,
);
