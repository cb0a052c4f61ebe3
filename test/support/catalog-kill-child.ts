/**
 * Imports a folder into a catalog, to be killed: `node catalog-kill-child.ts CATALOG PICTURES`. Prints one line per
 * committed batch, `ack N` with the number of images that it says are on the disk, and `done` after its report.
 */
import { makeCatalogRig, packOf } from './catalog-rig.ts';

const [catalog = '', pictures = ''] = process.argv.slice(2);
const rig = makeCatalogRig([packOf('a', 8)], {}, catalog);
const { rootId } = await rig.catalog.registerRoot(pictures, false);
const idle = { signal: new AbortController().signal };
for await (const event of rig.catalog.service.importFolder({ rootId, packId: 'a' }, idle)) {
  if (event.type === 'progress') process.stdout.write(`ack ${event.imported}\n`);
  if (event.type === 'report') process.stdout.write('done\n');
}
rig.store.close();
