/** What a pack can be trained to draw: `first` (people, critters, plants, robots) and `scenes` (two objects). */
import { caption } from './caption.ts';
import type { Caption, CaptionOptions } from './caption.ts';
import { GROUPS, HELD_OUT_PAIRS } from './glossary.ts';
import type { Group } from './glossary.ts';
import type { Random } from './random.ts';
import { toRgb, toSvg } from './render.ts';
import { drawScene, rendering } from './scene.ts';
import type { Scene } from './scene.ts';
import * as scenes from './scenes/index.ts';
import { SPLITS } from './splits.ts';
import type { Split } from './splits.ts';

export interface Domain {
  readonly groups: readonly Group[];
  readonly heldOutPairs: readonly (readonly [string, string])[];
  readonly splits: readonly Split[];
  /** Reads what `picture` needs. */
  readonly load: () => Promise<void>;
  /** A scene with (true) or without held-out pairs, or, with null, as it comes. */
  readonly draw: (r: Random, heldOut: boolean | null) => Scene;
  /** RGB `[size, size, 3]` of a scene; all chance is taken from `r` before the first size is asked for. */
  readonly picture: (scene: Scene, r: Random) => (size: number) => Uint8Array;
  readonly caption: (scene: Scene, r: Random, options: CaptionOptions) => Caption;
}

const DOMAINS: Readonly<Record<string, Domain>> = {
  first: {
    groups: GROUPS,
    heldOutPairs: HELD_OUT_PAIRS,
    splits: SPLITS,
    load: async () => {},
    draw: (r, heldOut) => {
      if (heldOut === null) throw new Error('the first domain draws scenes with or without held-out pairs');
      return drawScene(r, heldOut);
    },
    picture: (scene, r) => {
      const svg = toSvg(rendering(scene, r));
      return (size) => toRgb(svg, size);
    },
    caption,
  },
  scenes: {
    groups: scenes.GROUPS,
    heldOutPairs: scenes.HELD_OUT_PAIRS,
    splits: scenes.SPLITS,
    load: scenes.loadSprites,
    draw: scenes.drawScene,
    picture: scenes.picture,
    caption: scenes.caption,
  },
};

/** The domain of that name, or an error that names all. */
export function domainOf(name: string): Domain {
  const found = DOMAINS[name];
  if (!found) throw new Error(`--domain: expected ${Object.keys(DOMAINS).join(' or ')}, got "${name}"`);
  return found;
}
