/** Serves the page over the studio itself: the packs and sample pictures that ship with it, real child processes. */
import { fileURLToPath } from 'node:url';
import { makeConfig } from '../../main/config.ts';
import { createHost } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import { startServe } from '../../main/serve/index.ts';
import type { Served } from '../../main/serve/index.ts';
import { ensureBuilt } from '../../scripts/build.mjs';

/** On a free port, with the catalog in `home` and the sample folder read into it. */
export async function serveReal(home: string): Promise<Served> {
  ensureBuilt('renderer');
  const host = createHost(makeConfig({ home }), { spawn: forkSpawn(), appVersion: '0.1.0' });
  const root = await host.sampleRoot();
  if (!root) throw new Error('The sample folder is not there.');
  const { signal } = new AbortController();
  const { packs } = await host.services.packs.list({}, { signal });
  const packId = packs[0]?.packId;
  if (packId === undefined) throw new Error('No pack is there.');
  for await (const event of host.services.catalog.importFolder({ rootId: root.rootId, packId }, { signal }))
    if (event.type === 'report') console.log(`${event.report.found} sample pictures`);
  const served = await startServe(host, {
    page: fileURLToPath(new URL('../../out/renderer', import.meta.url)),
    parseOutput: true,
    onError: (error, method) => {
      console.error(method ?? 'http', error);
    },
  });
  return {
    ...served,
    async close() {
      await served.close();
      await host.close();
    },
  };
}
