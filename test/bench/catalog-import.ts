/**
 * Part of bench:catalog: an import of photographs with the pack's real engine, its stages alone, and the memory of the same
 * import on the command line.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../contract/index.ts';
import { makeConfig } from '../../main/config.ts';
import { decodeContract, makeDecoder } from '../../main/decode/index.ts';
import { engineContract } from '../../main/engine/index.ts';
import { createHost } from '../../main/host.ts';
import { forkSpawn, makeChild } from '../../main/link/index.ts';
import { makePacks } from '../../main/services/packs/index.ts';
import { answer, asked, larger, peaksOf } from './measure.ts';

export interface ImportAsked {
  readonly photographs: string;
  readonly home: string;
  readonly packId: string;
}
export interface Imported {
  readonly photographs: number;
  /** Seconds of each stage with the machine to itself. */
  readonly stages: { read: number; decode: number; embed: number };
  readonly wholeSeconds: number;
  readonly thumbsPerS: number;
  readonly peaks: { cli: number; engine: number; decode: number };
}

const { photographs, home, packId } = asked<ImportAsked>();
const idle = { signal: new AbortController().signal };
const files = readdirSync(photographs)
  .filter((name) => name.endsWith('.jpg'))
  .sort()
  .map((name) => join(photographs, name));
const config = makeConfig({ home: join(home, 'import') });
const pack = await makePacks(config.packFolders).get(packId);
const { size } = pack.manifest.image;

/** Seconds of a work on every file, as many at once as the import has. */
async function timed(work: (file: string) => Promise<unknown>, atOnce = 4): Promise<number> {
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let i = next++; i < files.length; i = next++) await work(files[i] as string);
    }),
  );
  return (performance.now() - began) / 1000;
}

const decoder = makeChild('decode', decodeContract, forkSpawn(), 'decode_lost', async (client) => {
  await client.decode.ready({});
});
const decode = makeDecoder({ child: decoder, ms: 60_000, thumbnail: 256 });
const first = new Uint8Array(await readFile(files[0] as string));
const { rgb } = await decode(first, size);
const engine = makeChild('engine', engineContract, forkSpawn(), 'engine_lost', async (client) => {
  await client.engine.open({ folder: pack.folder, manifest: pack.manifest });
});
const { engine: encoder } = await engine.client();
const batch = new Uint8Array(32 * rgb.length).map((_, i) => rgb[i % rgb.length] as number);
await encoder.embedImages({ packId, rgb: batch });

const read = await timed(async (file) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest(),
);
const decodeOnce = (): Promise<number> => timed(async (file) => decode(await readFile(file), size));
const before = await decodeOnce();
const embedBegan = performance.now();
for (let i = 0; i < files.length; i += 32) await encoder.embedImages({ packId, rgb: batch });
const embed = (performance.now() - embedBegan) / 1000;

const host = createHost(config, { spawn: forkSpawn(), appVersion: '0.0.0-bench' });
// Engine and decoder of this host start here, not within the measured time.
await host.services.catalog.search({ picture: first, k: 1, packId }, idle);
const { rootId } = await host.registerRoot(photographs);
let wholeSeconds = 0;
for await (const event of host.services.catalog.importFolder({ rootId, packId }, idle))
  if (event.type === 'report') {
    if (event.report.imported !== files.length)
      throw new AppError('internal', `imported ${event.report.imported} of ${files.length}`);
    wholeSeconds = event.report.wallSeconds;
  }
await host.close();
// Once before and once after, so that a machine that became slower meanwhile does not count for the import.
const after = await decodeOnce();
await Promise.all([decoder.close(), engine.close()]);

const cli = fileURLToPath(new URL('../../main/cli/index.ts', import.meta.url));
const run = spawn(
  process.execPath,
  [cli, 'import', photographs, '--pack', packId, '--catalog', join(home, 'by-command'), '--json'],
  { stdio: 'ignore' },
);
let peaks = { cli: 0, engine: 0, decode: 0 };
const timer = setInterval(() => (peaks = larger(peaks, peaksOf(run.pid as number))), 100);
const code = await new Promise((resolve) => run.on('close', resolve));
clearInterval(timer);
if (code !== 0) throw new AppError('internal', `the import on the command line ended with ${String(code)}`);

answer({
  photographs: files.length,
  stages: { read, decode: (before + after) / 2, embed },
  wholeSeconds,
  thumbsPerS: (2 * files.length) / (before + after),
  peaks,
} satisfies Imported);
