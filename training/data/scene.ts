import { GROUPS, HELD_OUT_PAIRS, group } from './glossary.ts';
import type { Value } from './glossary.ts';
import type { Random } from './random.ts';

/** Attribute group id to value id; a group that does not apply (a robot's hair) is absent. */
export type Scene = Readonly<Record<string, string>>;

/** The renderer's own options that make a scene: DiceBear style name and options. */
export interface Rendering {
  readonly style: string;
  readonly options: Record<string, unknown>;
}

/** Value of a group by id, or an error that names both. */
export function value(groupId: string, id: string): Value {
  const found = group(groupId).values.find((x) => x.id === id);
  if (!found) throw new Error(`group '${groupId}' has no value '${id}'`);
  return found;
}

/** Whether a scene shows both of a pair of attributes. */
export const isHeldOut = (scene: Scene, pair: readonly [string, string]): boolean =>
  pair.every((p) => {
    const [g, id] = p.split('=');
    return scene[g ?? ''] === id;
  });

/** Held-out pairs that a scene shows (0 for everything but the composition split). */
export const heldOutPairs = (scene: Scene): number =>
  HELD_OUT_PAIRS.filter((p) => isHeldOut(scene, p)).length;

function draw(subject: string, r: Random): Record<string, string> {
  const s: Record<string, string> = { subject };
  const set = (id: string): void => {
    s[id] = r.pick(group(id).values).id;
  };
  const background = (from: number, to: number): void => {
    s['background'] = r.pick(group('background').values.slice(from, to)).id;
  };
  if (subject === 'person') {
    background(0, 4);
    set('skin');
    if (r.chance(0.28)) {
      set('hat');
      set('hatColour');
    } else {
      set('hair');
      set('hairColour');
    }
    if (r.chance(0.4)) set('beard');
    // A beard wears the hair's colour, so under a hat the colour is still seen.
    if (s['beard'] !== undefined && s['hairColour'] === undefined) set('hairColour');
    if (r.chance(0.45)) set('glasses');
    set('mouth');
    set('outfit');
    if (['plain', 'stripes', 'overalls'].includes(s['outfit'] ?? '')) set('shirtColour');
    else if (s['outfit'] !== 'checker') set('jacketColour');
  } else if (subject === 'critter') {
    background(4, 10);
    for (const id of ['critterBody', 'critterColour', 'critterEyes', 'critterMouth']) set(id);
    if (r.chance(0.75)) {
      set('critterTop');
      do set('topColour');
      while (s['topColour'] === s['critterColour']);
    }
  } else if (subject === 'plant') {
    background(4, 10);
    for (const id of ['plant', 'pot', 'potColour', 'plantEyes', 'plantMouth']) set(id);
    if (['flower', 'tulip', 'buds'].includes(s['plant'] ?? '')) set('bloomColour');
  } else {
    background(0, 4);
    for (const id of ['robotEyes', 'robotColour', 'glow']) set(id);
    if (r.chance(0.85)) set('robotTop');
    if (r.chance(0.75)) set('chest');
  }
  return s;
}

/**
 * Draws a scene. Half of all images are people (they have most details). `heldOut` true asks for at least one
 * held-out pair (the composition split), false for none.
 */
export function drawScene(r: Random, heldOut: boolean): Scene {
  for (;;) {
    const subject = heldOut
      ? r.pick(['person', 'critter', 'plant', 'robot'])
      : r.pick(['person', 'person', 'person', 'critter', 'plant', 'robot']);
    const scene = draw(subject, r);
    if (heldOut) {
      const pair = r.pick(HELD_OUT_PAIRS);
      for (const p of pair) {
        const [g = '', id = ''] = p.split('=');
        if (scene[g] !== undefined) scene[g] = id;
      }
      if (scene['topColour'] !== undefined && scene['topColour'] === scene['critterColour']) continue;
      if (['plain', 'stripes', 'overalls'].includes(scene['outfit'] ?? '') !== 'shirtColour' in scene)
        continue;
      if (
        scene['subject'] === 'person' &&
        scene['outfit'] !== 'checker' &&
        !('shirtColour' in scene) &&
        !('jacketColour' in scene)
      )
        continue;
      if (scene['outfit'] === 'checker' && 'jacketColour' in scene) continue;
      if (['flower', 'tulip', 'buds'].includes(scene['plant'] ?? '') !== 'bloomColour' in scene) continue;
    }
    if (heldOutPairs(scene) > 0 === heldOut) return scene;
  }
}

/** DiceBear options of a scene. Everything that has no name is fixed or drawn from `r`, and switched off where tiny. */
export function rendering(scene: Scene, r: Random): Rendering {
  const hex = (g: string): string[] => [value(g, scene[g] ?? '').render];
  const variant = (g: string): string => value(g, scene[g] ?? '').render;
  const style = variant('subject');
  const options: Record<string, unknown> = {
    seed: String(r.below(2 ** 30)),
    animationVariant: 'none',
    backgroundColor: hex('background'),
  };
  const part = (name: string, g: string): void => {
    options[`${name}Probability`] = g in scene ? 100 : 0;
    if (g in scene) options[`${name}Variant`] = variant(g);
  };
  if (scene['subject'] === 'person') {
    options['topProbability'] = 100;
    options['topVariant'] = 'hat' in scene ? variant('hat') : variant('hair');
    if ('hairColour' in scene) options['hairColor'] = hex('hairColour');
    if ('hatColour' in scene) options['hatColor'] = hex('hatColour');
    part('beard', 'beard');
    part('glasses', 'glasses');
    part('mouth', 'mouth');
    part('outfit', 'outfit');
    options['cheeksProbability'] = 0;
    options['eyebrowsProbability'] = 0;
    options['noseVariant'] = 'small';
    options['eyesVariant'] = 'open';
    options['skinColor'] = hex('skin');
    // Where a colour has no name it must not vary in a way that a caption would have to tell.
    options['shirtColor'] = 'shirtColour' in scene ? hex('shirtColour') : ['#e9ecef'];
    options['jacketColor'] = 'jacketColour' in scene ? hex('jacketColour') : ['#3b5b8c'];
    options['pantsColor'] = [r.pick(['#3b5b8c', '#2f4160', '#6b4f3a'])];
    options['shoesColor'] = [r.pick(['#f1f3f5', '#343a40', '#d6336c', '#f08c00'])];
  } else if (scene['subject'] === 'critter') {
    part('top', 'critterTop');
    part('body', 'critterBody');
    part('eyes', 'critterEyes');
    part('mouth', 'critterMouth');
    options['patternProbability'] = 0;
    options['cheeksProbability'] = 0;
    options['bodyColor'] = hex('critterColour');
    options['accentColor'] = 'topColour' in scene ? hex('topColour') : ['#e2e8f0'];
  } else if (scene['subject'] === 'plant') {
    part('plant', 'plant');
    part('pot', 'pot');
    part('eyes', 'plantEyes');
    part('mouth', 'plantMouth');
    options['patternProbability'] = 0;
    options['cheeksProbability'] = 0;
    options['potColor'] = hex('potColour');
    options['plantColor'] = [r.pick(['#4ade80', '#34d399', '#a3e635'])];
    options['bloomColor'] = 'bloomColour' in scene ? hex('bloomColour') : ['#f9a8d4'];
  } else {
    part('top', 'robotTop');
    part('eyes', 'robotEyes');
    part('chest', 'chest');
    options['mouthVariant'] = r.pick(['grill', 'smile', 'zigzag']);
    options['bodyColor'] = hex('robotColour');
    options['accentColor'] = ['#495057'];
    options['screenColor'] = ['#161a21'];
    options['glowColor'] = hex('glow');
  }
  return { style, options };
}

/** Number of groups and of values that have a name. */
export const vocabularySize = {
  groups: GROUPS.length,
  values: GROUPS.reduce((n, g) => n + g.values.length, 0),
};
