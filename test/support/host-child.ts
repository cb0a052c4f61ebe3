/**
 * A host of its own process, to be killed: `node host-child.ts HOME PACKS JOBS STEPS [SEED [POINT]]`. Submits JOBS jobs of STEPS
 * steps and prints one line per event of theirs: job number, event type. At POINT (kill-points.ts) it kills itself.
 */
import { createHost } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import { idle, request } from './host.ts';
import { killAt } from './kill-points.ts';

const [home = '', packs = '', jobs = '1', steps = '4', seed = '7', point] = process.argv.slice(2);
const host = createHost(
  { home, packFolders: [packs], sampleFolder: home, port: null },
  { spawn: forkSpawn({ ACCENT_THREADS: '1' }), appVersion: '0.0.0-test' },
);
if (point !== undefined) killAt(point);
await Promise.all(
  Array.from({ length: Number(jobs) }, async (_, n) => {
    const { jobId } = await host.services.jobs.submit(
      request({ steps: Number(steps), seed: Number(seed) + n }),
      idle,
    );
    for await (const event of host.services.jobs.watch({ jobId, after: 0 }, idle))
      process.stdout.write(`${n} ${event.type}\n`);
  }),
);
await host.close();
