import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importsOf, violations } from '../support/import-rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = '{contract,main,preload,renderer,native,training}';

function repository(): { path: string; text: string }[] {
  return globSync(`${FOLDERS}/**/*.{ts,mts,js,mjs,vue}`, { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.startsWith('native/build/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
}

/** Reasons for one file with one line. */
function judge(path: string, text: string): string[] {
  return violations([{ path, text }]).map((v) => v.reason);
}

describe('what may import what', () => {
  it('holds for every file of the repository', () => {
    const sources = repository();
    expect(sources.length).toBeGreaterThan(10);
    expect(violations(sources)).toEqual([]);
  });

  it('finds a breach in every row of the table', () => {
    const breaches: [string, string][] = [
      ['contract/x.ts', "import { readFileSync } from 'node:fs';"],
      ['contract/x.ts', "import fs from 'fs';"],
      ['contract/x.ts', "import { createHost } from '../main/host.ts';"],
      ['main/engine/sampler/ddim.ts', "import * as ort from 'onnxruntime-node';"],
      ['main/engine/sampler/ddim.ts', "import type { Tensor } from '#contract';"],
      ['main/engine/sampler/ddim.ts', "import { hrtime } from 'node:process';"],
      ['main/engine/index.ts', "import { openStore } from '../services/store/index.ts';"],
      ['main/engine/index.ts', "import Database from 'better-sqlite3';"],
      ['main/engine/spawn.ts', "import { utilityProcess } from 'electron';"],
      ['main/decode/main.ts', "import { openStore } from '../services/store/index.ts';"],
      ['main/services/jobs/index.ts', "import { app } from 'electron';"],
      ['main/services/jobs/index.ts', "import { WebSocketServer } from 'ws';"],
      ['main/services/jobs/index.ts', "import Database from 'better-sqlite3';"],
      ['main/services/jobs/index.ts', "import { openStore } from '../store/index.ts';"],
      ['main/services/jobs/index.ts', "import { ddim } from '../../engine/sampler/index.ts';"],
      ['main/services/jobs/index.ts', "import type { Row } from '../store/jobs.ts';"],
      ['main/services/store/open.ts', "import { app } from 'electron';"],
      ['main/electron/main.ts', "import { jobs } from '../services/jobs/index.ts';"],
      ['main/electron/main.ts', "import { serve } from '../serve/index.ts';"],
      ['main/serve/index.ts', "import { createWindow } from '../electron/index.ts';"],
      ['main/serve/index.ts', "import { app } from 'electron';"],
      ['main/cli/index.ts', "import { jobs } from '../services/jobs/index.ts';"],
      ['main/cli/index.ts', "import http from 'node:http';"],
      ['main/host.ts', "import { migrate } from './services/store/migrations.ts';"],
      ['main/host.ts', "import { app } from 'electron';"],
      ['preload/index.ts', "import { contract } from '#contract';"],
      ['renderer/stores/jobs.ts', "import { join } from 'node:path';"],
      ['renderer/stores/jobs.ts', "import { createHost } from '../../main/host.ts';"],
      ['renderer/stores/jobs.ts', "import lodash from 'lodash';"],
      ['renderer/ui/button.ts', "import { defineStore } from 'pinia';"],
      ['renderer/ui/button.ts', "import type { Arm } from '#contract';"],
      ['renderer/ui/button.ts', "import { useJobsStore } from '../stores/jobs.ts';"],
      ['native/index.ts', "import { createHost } from '../main/host.ts';"],
      ['training/data/build.ts', "import { createHost } from '../../main/host.ts';"],
    ];
    const missed = breaches.filter(([path, text]) => judge(path, text).length !== 1);
    expect(missed).toEqual([]);
  });

  it('lets through what the table allows', () => {
    const allowed: [string, string][] = [
      ['contract/schema/x.ts', "import * as v from 'valibot'; import { AppError } from '../errors.ts';"],
      ['main/engine/sampler/ddim.ts', "import { alpha } from './schedule.ts';"],
      ['main/engine/index.ts', "import ort from 'onnxruntime-node'; import { kernel } from '#native';"],
      ['main/engine/index.ts', "import { ddim } from './sampler/ddim.ts';"],
      ['main/services/jobs/index.ts', "import type { Store } from '../store/index.ts';"],
      ['main/services/jobs/index.ts', "import type { engineContract } from '../../engine/contract.ts';"],
      [
        'main/services/store/open.ts',
        "import Database from 'better-sqlite3'; import { up } from './migrations/up.ts';",
      ],
      ['main/host.ts', "import { jobs } from './services/jobs/index.ts';"],
      ['main/electron/main.ts', "import { app } from 'electron'; import { createHost } from '../host.ts';"],
      [
        'main/serve/index.ts',
        "import { createServer } from 'node:http'; import { WebSocketServer } from 'ws';",
      ],
      [
        'main/cli/index.ts',
        "import { createHost } from '../host.ts'; import { serve } from '../serve/index.ts';",
      ],
      ['renderer/main.ts', "import App from './App.vue'; import './ui/styles/tokens.css';"],
      ['renderer/stores/jobs.ts', "import { ref } from 'vue'; import { connect } from '#contract';"],
    ];
    expect(allowed.flatMap(([path, text]) => judge(path, text))).toEqual([]);
  });

  it('sees every way to name a module, and the scripts of a component with their lines', () => {
    const text = `
      import a, { b } from 'a';
      import 'b';
      export * from 'c';
      export type { D } from 'd';
      const e = await import('e');
      const f = require('f');
      type G = import('g').G;
      // import 'comment';
      const text = "import 'text'";
    `;
    expect(importsOf({ path: 'x.ts', text }).map((i) => i.imported)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
      'g',
    ]);
    const vue = `<template>\n  <p>import 'no'</p>\n</template>\n<script setup lang="ts">\nimport fs from 'node:fs';\n</script>\n`;
    expect(violations([{ path: 'renderer/ui/Chip.vue', text: vue }])).toMatchObject([
      { line: 5, imported: 'node:fs' },
    ]);
  });
});
