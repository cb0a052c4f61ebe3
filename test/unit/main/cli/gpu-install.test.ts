/** Never fetches anything: the package and its script are made here. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gpuInstall, gpuInstallRig } from '../../../../main/cli/gpu-install.ts';
import type { GpuInstallRig } from '../../../../main/cli/gpu-install.ts';
import type { Output } from '../../../../main/cli/output.ts';

const LIBRARY = Buffer.concat([Buffer.from('\x7fELF\x02', 'latin1'), Buffer.alloc(500, 7)]);
let folder: string;
let bin: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'accent-gpu-'));
  bin = join(folder, 'bin/napi-v6/linux/x64');
  mkdirSync(join(folder, 'script'));
  mkdirSync(bin, { recursive: true });
  writePackage('1.30.0', '1.30.0');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writePackage(version: string, fetched: string): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }));
  const metadata = {
    requirements: { 'linux/x64': ['cuda12'], 'darwin/arm64': [] },
    manifests: {
      'linux/x64:cuda12': {
        './cuda.so': { package: 'gpu', path: 'a' },
        './shared.so': { package: 'gpu', path: 'b' },
      },
    },
    packages: { gpu: { name: 'Maker.Gpu', versions: [{ feed: 'main', version: fetched }] } },
    feeds: { main: { type: 'nuget', index: 'https://feed.example/v3/index.json' } },
  };
  writeFileSync(join(folder, 'script/install-metadata.js'), `module.exports = ${JSON.stringify(metadata)};`);
}

function rig(change: Partial<GpuInstallRig> = {}) {
  const runs: { script: string; env: Readonly<Record<string, string>> }[] = [];
  const made: GpuInstallRig = {
    platform: 'linux/x64',
    folder,
    ask: null,
    run(script, env) {
      runs.push({ script, env });
      for (const file of ['cuda.so', 'shared.so']) writeFileSync(join(bin, file), LIBRARY);
      return Promise.resolve(0);
    },
    ...change,
  };
  return { made, runs };
}

function heard(): { output: Output; text: () => string; results: unknown[] } {
  const said: string[] = [];
  const results: unknown[] = [];
  const output: Output = {
    json: false,
    line: (text) => said.push(text),
    note: (text) => said.push(text),
    progress: () => undefined,
    result: (value) => results.push(value),
  };
  return { output, text: () => said.join('\n'), results };
}

describe('gpu install', () => {
  it('says what comes from where before it asks, and fetches nothing on a no', async () => {
    const { output, text } = heard();
    const asked: string[] = [];
    const { made, runs } = rig({
      ask(question) {
        asked.push(text());
        expect(question).toMatch(/\[y\/N\]/);
        return Promise.resolve(false);
      },
    });
    await expect(gpuInstall(made, { yes: false }, output)).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked[0]).toContain('Maker.Gpu 1.30.0 from feed.example');
    expect(runs).toEqual([]);
  });

  it('runs the script of the package on a yes, and reports every file with its hash', async () => {
    const { output, results, text } = heard();
    const { made, runs } = rig({ ask: () => Promise.resolve(true) });
    await gpuInstall(made, { yes: false }, output);
    expect(runs).toEqual([
      { script: join(folder, 'script', 'install.js'), env: { ONNXRUNTIME_NODE_INSTALL: 'true' } },
    ]);
    const sha256 = createHash('sha256').update(LIBRARY).digest('hex');
    expect(results).toMatchObject([
      { version: '1.30.0', files: ['cuda.so', 'shared.so'].map((file) => ({ file, bytes: 505, sha256 })) },
    ]);
    expect(text()).toContain(sha256);
  });

  it('asks for --yes where nobody can be asked, and does not ask with it', async () => {
    const { made, runs } = rig();
    await expect(gpuInstall(made, { yes: false }, heard().output)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('--yes') as string,
    });
    expect(runs).toEqual([]);
    await gpuInstall(made, { yes: true }, heard().output);
    expect(runs).toHaveLength(1);
  });

  it.each([
    ['fails', () => 1, LIBRARY, 'io_error'],
    ['brings something else', () => 0, Buffer.from('<html>not found</html>'), 'forbidden_format'],
    ['brings nothing', () => 0, null, 'part_missing'],
  ])('removes what came, and keeps what was there, when the script %s', async (_, code, bytes, expected) => {
    writeFileSync(join(bin, 'shared.so'), 'of before');
    const { made } = rig({
      run() {
        if (bytes) writeFileSync(join(bin, 'cuda.so'), bytes);
        return Promise.resolve(code());
      },
    });
    await expect(gpuInstall(made, { yes: true }, heard().output)).rejects.toMatchObject({ code: expected });
    expect(existsSync(join(bin, 'cuda.so'))).toBe(false);
    expect(readFileSync(join(bin, 'shared.so'), 'utf8')).toBe('of before');
  });

  it('refuses a script that would fetch another version than is installed', async () => {
    writePackage('1.30.0', '1.31.0');
    const { made, runs } = rig();
    await expect(gpuInstall(made, { yes: true }, heard().output)).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringMatching(/1\.30\.0.*1\.31\.0/) as string,
    });
    expect(runs).toEqual([]);
  });

  it.each(['darwin/arm64', 'win32/x64'])('has nothing to fetch on %s', async (platform) => {
    const { made } = rig({ platform });
    await expect(gpuInstall(made, { yes: true }, heard().output)).rejects.toMatchObject({
      code: 'not_supported',
    });
  });

  it('reads the package that is installed here: a plan, a question, and nothing more', async () => {
    const { made, runs } = rig({
      platform: 'linux/x64',
      folder: gpuInstallRig().folder,
      ask: () => Promise.resolve(false),
    });
    const { output, text } = heard();
    await expect(gpuInstall(made, { yes: false }, output)).rejects.toMatchObject({ code: 'cancelled' });
    expect(text()).toMatch(/OnnxRuntime.*\d+\.\d+\.\d+/);
    expect(runs).toEqual([]);
  });
});
