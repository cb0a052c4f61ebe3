/** By what two pictures differ, read off their recipes. Pure. */
import type { Recipe } from '#contract';
import { t } from '../../strings/index.ts';

/** One thing that both recipes have, with its value in each. */
export interface Trait {
  readonly key: string;
  readonly label: string;
  readonly left: string;
  readonly right: string;
  readonly same: boolean;
}

type RecipeEmphasis = Recipe['emphases'][number];

/** Everything that makes a picture, side by side; refinement counts as one thing, whatever it is made of. */
export function traitsOf(left: Recipe, right: Recipe): Trait[] {
  const trait = (key: string, label: string, read: (recipe: Recipe) => string): Trait => {
    const values = [read(left), read(right)] as const;
    return { key, label, left: values[0], right: values[1], same: values[0] === values[1] };
  };
  return [
    trait('arm', t.compare.refinement, ({ arm }) => t.arms[arm]),
    trait('prompt', t.compare.sentence, ({ prompt }) => prompt),
    ...phraseTraits(left, right),
    trait('seed', t.recipe.seed, ({ seed }) => String(seed)),
    trait('steps', t.sampling.steps, ({ steps }) => String(steps)),
    trait('guidance', t.sampling.guidance, ({ guidance }) => guidance.toFixed(1)),
    trait('source', t.recipe.source, ({ source }) => t.recipe.sources[source.kind]),
    trait('pack', t.recipe.pack, ({ pack }) => `${pack.id} ${pack.version}`),
    trait(
      'rebuild',
      t.recipe.rebuild,
      ({ rebuild, window, sampler = 'ddim' }) =>
        `${t.recipe.rebuilds[rebuild]}, ${t.recipe.window(...window)}, ${sampler}`,
    ),
  ];
}

/** Only what differs. Coarse pictures do not look at emphases, so their phrases are no difference of their own. */
export function differencesOf(left: Recipe, right: Recipe): Trait[] {
  const all = traitsOf(left, right).filter(({ same }) => !same);
  const crossed = all.some(({ key }) => key === 'arm');
  return crossed ? all.filter(({ key }) => !key.startsWith('phrase ')) : all;
}

function phraseTraits(left: Recipe, right: Recipe): Trait[] {
  const phrases = new Map<string, [RecipeEmphasis | undefined, RecipeEmphasis | undefined]>();
  for (const [side, recipe] of [left, right].entries()) {
    for (const emphasis of recipe.emphases) {
      const both = phrases.get(emphasis.phrase) ?? [undefined, undefined];
      both[side] = emphasis;
      phrases.set(emphasis.phrase, both);
    }
  }
  return [...phrases].map(([phrase, both]) => {
    const [a, b] = both.map(valueOf);
    const weights = { left: a ?? '', right: b ?? '' };
    const sameReferences = referencesOf(both[0]) === referencesOf(both[1]);
    const same = weights.left === weights.right && (sameReferences || weights.left === t.compare.off);
    return {
      key: `phrase ${phrase}`,
      label: phrase,
      left: same || weights.left !== weights.right ? weights.left : t.compare.otherReferences,
      right: weights.right,
      same,
    };
  });
}

const valueOf = (emphasis: RecipeEmphasis | undefined): string =>
  emphasis === undefined || emphasis.muted || emphasis.weight === 0
    ? t.compare.off
    : emphasis.weight.toFixed(1);

const referencesOf = (emphasis: RecipeEmphasis | undefined): string =>
  (emphasis?.references ?? []).map(({ contentHash, weight }) => `${contentHash} ${weight}`).join();
