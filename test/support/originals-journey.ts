/**
 * Everything that a studio does with a folder of the user's, in a process of its own so that its system calls can be
 * watched: `node originals-journey.ts HOME PACKS PICTURES SECOND`. Prints one JSON line of what it found at each turn; the
 * caller looks at the folders. PICTURES must hold at least 12 images, SECOND at least one.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../main/host.ts';
import type { Host } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import { restoreCatalog, salvageCatalog } from '../../main/repair.ts';
import { generateDone, idle, importAll } from './host.ts';

const [home = '', packs = '', pictures = '', second = ''] = process.argv.slice(2);
const config = { home, packFolders: [packs], sampleFolder: join(home, 'none'), port: null };
const open = (): Host =>
  createHost(config, { spawn: forkSpawn({ ACCENT_THREADS: '1' }), appVersion: '0.0.0-test' });

let host = open();
const { report, root } = await importAll(host, pictures);
const other = await importAll(host, second);

/** The watch looks at every file again at its start. */
async function watchOnce(): Promise<void> {
  const abort = new AbortController();
  for await (const event of host.services.catalog.watch({ packId: 'tiny' }, { signal: abort.signal }))
    if (event.type === 'state' && event.state === 'online') setTimeout(() => void abort.abort(), 300);
}
await watchOnce();

const { catalog, gallery, settings } = host.services;
const { hits } = await catalog.search({ text: 'red', k: 50, packId: 'tiny' }, idle);
const [first, last] = [hits[0]?.image, hits.at(-1)?.image];
if (!first || !last) throw new Error('the search found nothing');
const picture = new Uint8Array(readFileSync(join(pictures, readdirSync(pictures).sort()[0] as string)));
const like = await catalog.search({ picture, k: 5, packId: 'tiny' }, idle);
await catalog.choose({ phrase: 'red beard', contentHash: first.contentHash, as: 'pin' }, idle);
await catalog.choose({ phrase: 'red beard', contentHash: last.contentHash, as: 'ban' }, idle);
await catalog.tagImages({ imageIds: [first.imageId], addTags: ['kept'], removeTags: [] }, idle);
await catalog.detail({ imageId: first.imageId }, idle);
await host.asset(first.imageId);

const made = await generateDone(host, { steps: 2, source: 'retrieval' });
const pairs = await gallery.browse({ limit: 10, filter: { deleted: false } }, idle);
const pairIds = pairs.items.map((p) => p.pairId);
await gallery.mark({ pairIds, starred: true, addTags: ['a tag'], removeTags: [] }, idle);
await gallery.remove({ pairIds }, idle);
const purged = await gallery.purge({}, idle);

const removed = await catalog.removeImages({ imageIds: [last.imageId] }, idle);
await importAll(host, pictures);
await catalog.backup({}, idle);
const check = await catalog.check({}, idle);
await settings.set({ threads: 1 }, idle);
await host.close();

await salvageCatalog(config);
await restoreCatalog(config, 'latest');
host = open();
const again = await importAll(host, pictures);
const forgotten = await host.services.catalog.removeRoot({ rootId: root.rootId }, idle);
const left = await host.services.catalog.removeRoot({ rootId: other.root.rootId }, idle);
await host.close();

process.stdout.write(
  `${JSON.stringify({
    imported: report.imported,
    skipped: report.skipped.length,
    hits: hits.length,
    alike: like.hits.length,
    results: made.done.type,
    purged: purged.pairIds.length,
    removed: removed.images,
    whole: check.ok,
    unchanged: again.report.unchanged,
    forgotten: forgotten.images,
    left: left.images,
  })}\n`,
);
