/**
 * [PACK=FOLDER] node test/bench/catalog-strength.ts: how well the strength of a hit tells phrases with a match in the sample folder
 * from phrases without one, with the first pack or that in the folder PACK. Nothing is fitted to what is measured: the 300 phrases without a match have nouns
 * that stand nowhere in the pack's training or calibration (whatever does is left out here), the way to combine the two
 * answers of strength.ts was chosen on `TUNING`, other nouns with other adjectives. Measured beside them: phrases of the
 * pack's world in the sample folder without the images that show them, a shape with a colour ("a blue beanie") with and
 * without the images that show both, and synonyms that no training text had, by whether the best image shows what they
 * name. The last line is one JSON object.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { parseManifest } from '#contract';
import { makeConfig } from '../../main/config.ts';
import { createHost } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import { COMPOUNDS, phrases } from '../../training/data/caption.ts';
import { group } from '../../training/data/glossary.ts';
import { random } from '../../training/data/random.ts';
import { toRgb, toSvg } from '../../training/data/render.ts';
import { chooseScenes } from '../../training/data/sample.ts';
import { drawScene, rendering } from '../../training/data/scene.ts';
import type { Scene } from '../../training/data/scene.ts';

const MEASURED = `accordionist aquarium backpack bagpipe barometer bonfire bookshelf boulder bowling bracelet broom bucket bus
cable cactus cannon cello cemetery chimney cinema cliff coal coffee compass concrete corridor crane crown cruise cupboard curry
dam desk dictionary diploma doorbell drawbridge dune earthquake eclipse factory fence ferry festival fireplace flag flute fog
forklift fossil funeral furnace garage gasoline gondola granite gravel gymnasium hail harbor headphones hospital hotel hurricane
igloo jeep jungle ketchup laboratory lawnmower lemonade letterbox limousine luggage magnet mailbox marathon meteor mill mirror
moat monastery mosque motorboat mushroom nail necklace oven parachute parking passport pavement pharmacy pier pillar pipeline
planet plough pond prison puddle quarry radio railway refinery roundabout rug saxophone scissors sewer shelf shipwreck`;
const TUNING = `tambourine projector trolley waterwheel cottage palace garden orchard meadow island swamp cave tunnel temple shrine
bazaar market kiosk cafe tavern kitchen bedroom attic cellar balcony terrace stove freezer toaster blender spoon fork
knife plate mug jug basket crate suitcase handbag pencil crayon eraser notebook stapler stamp postcard ticket coin
banknote medal trophy whistle drum banjo ukulele harmonica oboe trombone tuba organ xylophone microphone loudspeaker
television telephone laptop tablet plug socket bulb torch match lighter ashtray cigarette pipe tram train wagon taxi
scooter skateboard sledge snowboard raft yacht galleon buoy airplane glider balloon zeppelin drone parachutist
astronaut spaceship comet galaxy nebula crater oasis camel elephant giraffe rhinoceros hippopotamus crocodile lizard
snake tortoise frog octopus jellyfish lobster crab eagle owl parrot penguin pigeon swan goose hen sparrow bee ant
beetle spider scorpion moth horse donkey cow sheep wolf deer moose squirrel bread cheese sausage pancake waffle
omelette noodle soup stew salad potato onion garlic cucumber pear melon peanut almond coffin tombstone ruin wreck
tyre axle piston gear chain rope scaffold tile plank hinge doorknob shutter chimneysweep plumber baker dentist
surgeon nurse fireman policeman soldier sailor judge lawyer priest monk nun king queen prince wedding birthday parade
carnival concert opera ballet marathoner golf hockey cricket rugby chess poker dice puzzle jigsaw`;

/** Words of the pack's training and calibration texts. */
const taught = new Set(
  ['data/glossary.ts', 'text/synonyms.py', 'text/nulls.py', 'text/colour-names.tsv']
    .map((file) => readFileSync(new URL(`../../training/${file}`, import.meta.url), 'utf8'))
    .flatMap((text) => text.toLowerCase().match(/[a-z]+/g) ?? []),
);
const isNew = (noun: string): boolean =>
  ![noun, noun.replace(/s+$/, ''), `${noun}s`].some((word) => taught.has(word));
const article = (words: string): string => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
/** Each new noun alone and with each adjective. */
const phrasesOf = (nouns: string, adjectives: readonly string[], most = Infinity): string[] =>
  nouns
    .split(/\s+/)
    .filter(isNew)
    .slice(0, most)
    .flatMap((noun) => ['', ...adjectives].map((a) => article(`${a} ${noun}`.trim())));

/** What each image of the sample folder shows, by the start of its content hash: drawn again from its number. */
async function sampleScenes(): Promise<Map<string, Scene>> {
  const out = new Map<string, Scene>();
  for (const { index } of chooseScenes('1', 600, 8)) {
    const r = random('1/sample', index);
    const scene = drawScene(r, false);
    const rgb = toRgb(toSvg(rendering(scene, r)), 64);
    const png = await sharp(rgb, { raw: { width: 64, height: 64, channels: 3 } })
      .png({ compressionLevel: 9, palette: false })
      .toBuffer();
    out.set(createHash('sha256').update(png).digest('hex'), scene);
  }
  return out;
}

/** "a blue beanie" and its like: each shape with each of its colours in their first words. */
const compoundPhrases = (): { text: string; shows: (scene: Scene) => boolean }[] =>
  COMPOUNDS.flatMap(([shape, colour]) =>
    group(shape).values.flatMap((s) =>
      group(colour).values.map((c) => ({
        text: `a ${c.say[0] ?? ''} ${(s.say[0] ?? '').replace(/^(a|an|the) /, '')}`,
        shows: (scene: Scene) => scene[shape] === s.id && scene[colour] === c.id,
      })),
    ),
  );

interface Found {
  readonly strength: number;
  readonly hash: string;
}

const home = mkdtempSync(join(tmpdir(), 'accent-strength-'));
const config = makeConfig({ home });
const packFolder = process.env['PACK'] ? resolve(process.env['PACK']) : undefined;
const host = createHost(packFolder ? { ...config, packFolders: [dirname(packFolder)] } : config, {
  spawn: forkSpawn(),
  appVersion: '0.0.0-bench',
});
const idle = { signal: new AbortController().signal };
try {
  const packId = packFolder
    ? parseManifest(readFileSync(join(packFolder, 'manifest.json'), 'utf8')).id
    : 'accent-first';
  const root = await host.sampleRoot();
  if (!root) throw new Error('there is no sample folder');
  let images = 0;
  for await (const event of host.services.catalog.importFolder({ rootId: root.rootId, packId }, idle))
    if (event.type === 'report') images = event.report.imported;
  const scenes = await sampleScenes();
  if (scenes.size !== images) throw new Error(`${scenes.size} scenes were drawn for ${images} images`);

  const best = async (phrase: string, bans: readonly string[] = []): Promise<Found> => {
    const { references } = await host.services.catalog.references(
      { phrase, k: 1, pins: [], bans: [...bans], packId },
      idle,
    );
    const [first] = references;
    if (!first || !scenes.has(first.image.contentHash)) throw new Error(`no reference for "${phrase}"`);
    return { strength: first.strength ?? 0, hash: first.image.contentHash };
  };
  const all = async (list: readonly string[]): Promise<number[]> => {
    const out = [];
    for (const phrase of list) out.push((await best(phrase)).strength);
    return out.sort((a, b) => a - b);
  };
  const share = (list: readonly number[], below: number): number =>
    list.filter((s) => s < below).length / list.length;

  /** Phrases with all that each can mean. */
  const meanings = (held: boolean): Map<string, { group: string; value: string }[]> =>
    Map.groupBy(phrases(held), (p) => p.text);
  const shown = (hash: string, meant: readonly { group: string; value: string }[]): boolean =>
    meant.some(({ group, value }) => scenes.get(hash)?.[group] === value);

  const matching = [...meanings(false)].slice(0, 300);
  const withMatch = await all(matching.map(([text]) => text));
  const without = await all(phrasesOf(MEASURED, ['rusty', 'crowded'], 100));
  const tuning = await all(phrasesOf(TUNING, ['antique', 'frozen']));
  const lacking: number[] = [];
  for (const [text, meant] of matching)
    lacking.push(
      (
        await best(
          text,
          [...scenes.keys()].filter((hash) => shown(hash, meant)),
        )
      ).strength,
    );
  const compounds: Record<'right' | 'wrong' | 'lacking', number[]> = { right: [], wrong: [], lacking: [] };
  for (const { text, shows } of compoundPhrases()) {
    const bans = [...scenes].flatMap(([hash, scene]) => (shows(scene) ? [hash] : []));
    if (bans.length > 0) {
      const { strength, hash } = await best(text);
      compounds[bans.includes(hash) ? 'right' : 'wrong'].push(strength);
    }
    compounds.lacking.push((await best(text, bans)).strength);
  }
  const held: { right: number[]; wrong: number[] } = { right: [], wrong: [] };
  for (const [text, meant] of meanings(true)) {
    const { strength, hash } = await best(text);
    held[shown(hash, meant) ? 'right' : 'wrong'].push(strength);
  }

  // The strength that 5 % of the phrases with a match miss.
  const threshold = withMatch[Math.floor(withMatch.length * 0.05)] as number;
  const lists = {
    matching: withMatch,
    empty: without,
    tuning,
    lacking,
    compoundRight: compounds.right,
    compoundWrong: compounds.wrong,
    compoundLacking: compounds.lacking,
    heldRight: held.right,
    heldWrong: held.wrong,
  };
  const shares = (below: number): Record<string, number> =>
    Object.fromEntries(
      Object.entries(lists).map(([name, list]) => [name, Math.round(share(list, below) * 1000) / 1000]),
    );
  process.stdout.write(
    `${JSON.stringify({
      packId,
      images,
      phrases: Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.length])),
      threshold,
      flaggedAt5PercentFalseAlarms: shares(threshold),
      verdictNone: shares(0.5),
      verdictNotGood: shares(0.95),
    })}\n`,
  );
} finally {
  await host.close();
  rmSync(home, { recursive: true, force: true });
}
