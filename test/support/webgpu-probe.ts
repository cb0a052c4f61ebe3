/**
 * Opens the tiny pack with WebGPU first and prints what ran each part. Runs in a process of its own, because the
 * software adapter is chosen by the environment before the runtime starts.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PackManifest, parse } from '#contract';
import { openPack } from '../../main/engine/pack.ts';

const folder = fileURLToPath(new URL('../golden/packs/tiny', import.meta.url));
const json: unknown = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'));
const manifest = await parse(PackManifest, json, 'manifest');
const pack = openPack(folder, manifest, { threads: 1, order: ['webgpu', 'cpu'], native: false });
const parts = {
  imageEncoder: await pack.inspect('imageEncoder'),
  imageEncoderVjp: await pack.inspect('imageEncoderVjp'),
  prior: await pack.inspect('prior'),
};
process.stdout.write(`\n${JSON.stringify(parts)}\n`, () => process.exit(0));
