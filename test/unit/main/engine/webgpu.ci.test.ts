import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** SwiftShader, the software adapter that Debian's chromium carries. */
const ICD = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib64/chromium/vk_swiftshader_icd.json'];
const probe = fileURLToPath(new URL('../../../support/webgpu-probe.ts', import.meta.url));

interface Inspected {
  readonly name: string;
  readonly goldenError: number;
}

it('runs encoder, gradient and prior on WebGPU within the golden tolerance (software adapter)', () => {
  const icd = ICD.find((file) => existsSync(file));
  if (icd === undefined)
    throw new Error('No software adapter. Install it: apt-get install -y chromium libvulkan1');
  const out = execFileSync(process.execPath, [probe], {
    encoding: 'utf8',
    env: { ...process.env, VK_ICD_FILENAMES: icd, XDG_RUNTIME_DIR: tmpdir() },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 280_000,
  });
  const parts = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, Inspected>;
  expect(Object.keys(parts)).toEqual(['imageEncoder', 'imageEncoderVjp', 'prior']);
  for (const { name, goldenError } of Object.values(parts)) {
    expect(name).toBe('ort-webgpu');
    expect(goldenError).toBeLessThan(1);
  }
});
