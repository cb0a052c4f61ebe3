/**
 * A host of its own process, to be killed: `node host-child.ts HOME PACKS JOBS STEPS [SEED]`. Submits JOBS jobs of STEPS
 * steps and prints one line per event of theirs: job number, event type.
 */
import { createHost } from '../../main/host.ts';
import { forkSpawn } from '../../main/link/index.ts';
import { idle, request } from './host.ts';

const [home = '', packs = '', jobs = '1', steps = '4', seed = '7'] = process.argv.slice(2);
const host = createHost(
  { home, packFolders: [packs], sampleFolder: home, port: null },
  { spawn: forkSpawn({ ACCENT_THREADS: '1' }), appVersion: '0.0.0-test' },
);
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
