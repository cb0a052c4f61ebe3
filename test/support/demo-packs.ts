/** The pack and the doctor's report of the demonstration studio. */
import type { DoctorReport, PackSummary } from '#contract';

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
  bytes: 41_200_000,
  parts: ['denoiser', 'imageEncoder', 'textEncoder', 'gradient', 'prior', 'upscaler'],
  imagesSeen: { encoder: 1_800_000, denoiser: 620_000 },
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
