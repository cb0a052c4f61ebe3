/** The pack and the doctor's report of the demonstration studio. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorReport, PackSummary, StudioServices } from '#contract';
import { makeIntake, makePacks } from '../../main/services/packs/index.ts';

export const DEMO_PACK: PackSummary = {
  packId: 'voxel-people',
  name: 'Voxel people',
  version: '1.2.0',
  description: 'Blocky people, critters, potted plants and robots.',
  role: 'generation',
  licence: 'CC0-1.0',
  attribution: ['Drawn styles: CC0'],
  imageSize: 64,
  maxTokens: 64,
  maxReferences: 64,
  levels: 1000,
  bytes: 41_200_000,
  parts: ['denoiser', 'imageEncoder', 'textEncoder', 'gradient', 'prior', 'upscaler'],
  imagesSeen: { encoder: 1_800_000, denoiser: 620_000 },
  removable: false,
  sampling: { steps: 50, guidance: 3, rebuild: 'mean-shift', window: [100, 900] },
};

export function demoDoctor(): DoctorReport {
  return {
    appVersion: '0.1.0',
    platform: 'linux x64',
    runtime: 'Node 24.21.0',
    checks: [
      { name: 'catalog', state: 'ok', message: '240 images in 2 folders' },
      { name: 'packs', state: 'warning', message: '1 usable, 1 refused' },
    ],
    packs: [
      {
        packId: DEMO_PACK.packId,
        error: null,
        ports: [
          {
            port: 'denoiser',
            chosen: { name: 'ort-cpu', detail: '2 threads', goldenError: 0.012 },
            refused: [
              { name: 'cuda', reason: 'the provider is not installed' },
              { name: 'webgpu', reason: 'no adapter' },
            ],
          },
          {
            port: 'gradient',
            chosen: { name: 'native-avx2', detail: '2 threads', goldenError: 0.004 },
            refused: [{ name: 'native-avx512', reason: 'this processor has no AVX-512' }],
          },
        ],
      },
    ],
    refused: [],
  };
}

type Own = Omit<StudioServices['packs'], 'checkText'>;

/** The drawn pack beside whatever is imported; importing is the real one, but nothing is opened in an engine. */
export function demoPacks(): Own {
  const folder = mkdtempSync(join(tmpdir(), 'accent-demo-packs-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const packs = makePacks([folder], folder);
  const intake = makeIntake({ packs, folder, inspect: () => Promise.resolve([]), release: () => undefined });
  return {
    async list() {
      const { packs: imported, refused } = await packs.list();
      const error = {
        code: 'hash_mismatch' as const,
        message: 'denoiser.onnx is not the file that the manifest names.',
      };
      return {
        packs: [DEMO_PACK, ...imported],
        refused: [...refused, { folder: 'half-copied', error }],
      };
    },
    doctor: () => demoDoctor(),
    async card({ packId }) {
      const text =
        '# Voxel people\n\nA demonstration: this pack has no files, and what it "draws" is drawn by hand.\n';
      return { text: packId === DEMO_PACK.packId ? text : await packs.card(packId) };
    },
    async verify({ packId }) {
      if (packId !== DEMO_PACK.packId) return { files: await packs.verify(packId) };
      return {
        files: ['denoiser', 'image-encoder', 'text-encoder', 'prior', 'upscaler'].map((part) => ({
          part,
          file: `${part}.onnx`,
          bytes: 8_200_000,
          error: null,
        })),
      };
    },
    ...intake,
  };
}
