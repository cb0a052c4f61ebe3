/**
 * node test/bench/catalog-strength.ts: how well the strength of a hit tells phrases with a match in the sample folder from
 * phrases without one, with the first pack. The 300 phrases without a match use nouns that neither the pack's training nor
 * its calibration of null scores has. The last line is one JSON object.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeConfig } from '../../main/config.ts';
import { createHost } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import { phrases } from '../../training/data/caption.ts';

const NOUNS =
  `accordionist aquarium backpack bagpipe barometer bonfire bookshelf boulder bowling bracelet broom bucket bus
cable cactus cannon cello cemetery chimney cinema cliff coal coffee compass concrete corridor crane crown cruise cupboard curry
dam desk dictionary diploma doorbell drawbridge dune earthquake eclipse factory fence ferry festival fireplace flag flute fog
forklift fossil funeral furnace garage gasoline gondola granite gravel gymnasium hail harbor headphones hospital hotel hurricane
igloo jeep jungle ketchup laboratory lawnmower lemonade letterbox limousine luggage magnet mailbox marathon meteor mill mirror
moat monastery mosque motorboat mushroom nail necklace oven parachute parking passport pavement pharmacy pier pillar pipeline
planet plough pond prison puddle quarry radio railway refinery roundabout rug saxophone scissors sewer shelf shipwreck`
    .split(/\s+/)
    .slice(0, 100);
const ADJECTIVES = ['', 'rusty ', 'crowded '];
const empty = NOUNS.flatMap((noun) => ADJECTIVES.map((a) => `a ${a}${noun}`));

const home = mkdtempSync(join(tmpdir(), 'accent-strength-'));
const host = createHost(makeConfig({ home }), { spawn: forkSpawn(), appVersion: '0.0.0-bench' });
const idle = { signal: new AbortController().signal };
try {
  const packId = process.argv[2] ?? 'accent-first';
  const root = await host.sampleRoot();
  if (!root) throw new Error('there is no sample folder');
  let images = 0;
  for await (const event of host.services.catalog.importFolder({ rootId: root.rootId, packId }, idle))
    if (event.type === 'report') images = event.report.imported;
  const strengthOf = async (phrase: string): Promise<number> => {
    const { references } = await host.services.catalog.references(
      { phrase, k: 1, pins: [], bans: [], packId },
      idle,
    );
    return references[0]?.strength ?? 0;
  };
  const all = async (list: readonly string[]): Promise<number[]> => {
    const out = [];
    for (const phrase of list) out.push(await strengthOf(phrase));
    return out.sort((a, b) => a - b);
  };
  const matching = [...new Set(phrases(false).map((p) => p.text))].slice(0, 300);
  const withMatch = await all(matching);
  const without = await all(empty);
  // The strength that 5 % of the phrases with a match miss.
  const threshold = withMatch[Math.floor(withMatch.length * 0.05)] as number;
  const share = (list: readonly number[], below: number): number =>
    list.filter((s) => s < below).length / list.length;
  process.stdout.write(
    `${JSON.stringify({
      packId,
      images,
      matching: withMatch.length,
      empty: without.length,
      flaggedEmptyAt5PercentFalseAlarms: share(without, threshold),
      threshold,
      verdictNone: { matching: share(withMatch, 0.5), empty: share(without, 0.5) },
      verdictNotGood: { matching: share(withMatch, 0.95), empty: share(without, 0.95) },
    })}\n`,
  );
} finally {
  await host.close();
  rmSync(home, { recursive: true, force: true });
}
