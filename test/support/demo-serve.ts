/**
 * Serves the page with the demonstration studio and prints its address:
 *   npm exec -c 'node test/support/demo-serve.ts'
 */
import { fileURLToPath } from 'node:url';
import { startServe } from '../../main/serve/index.ts';
import type { Served } from '../../main/serve/index.ts';
import { ensureBuilt } from '../../scripts/build.mjs';
import { demoHost } from './demo-studio.ts';
import type { DemoOptions } from './demo-studio.ts';

/** The built page over the demonstration studio, on a free port. `isForeign`: as if each page were of another machine. */
export async function serveDemo(options: DemoOptions & { isForeign?: boolean } = {}): Promise<Served> {
  ensureBuilt('renderer');
  const host = demoHost(options);
  const page = fileURLToPath(new URL('../../out/renderer', import.meta.url));
  const served = await startServe(host, {
    page,
    parseOutput: true,
    ...(options.isForeign ? { near: () => false } : {}),
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

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log((await serveDemo()).url);
