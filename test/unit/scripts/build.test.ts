import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStale } from '../../../scripts/build.mjs';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'build-'));
});
afterEach(() => {
  rmSync(base, { recursive: true });
});

/** Writes a file that was changed so many seconds after 1970. */
function file(path: string, seconds: number): void {
  const full = join(base, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, '');
  utimesSync(full, seconds, seconds);
}

/** Folders count too: a deleted file leaves its trace there. */
function age(path: string, seconds: number): void {
  utimesSync(join(base, path), seconds, seconds);
}

describe('whether the page must be built', () => {
  it('yes, when it never was', () => {
    file('renderer/main.ts', 1);
    expect(isStale('renderer', base)).toBe(true);
  });

  it('no, when nothing that it is made from is newer', () => {
    file('renderer/ui/Chip.vue', 10);
    file('contract/index.ts', 10);
    age('renderer/ui', 10);
    file('out/renderer/index.html', 20);
    file('main/host.ts', 30);
    expect(isStale('renderer', base)).toBe(false);
  });

  it.each(['renderer/ui/Chip.vue', 'contract/schema/job.ts', 'vite.config.ts', 'package-lock.json'])(
    'yes, when %s is newer',
    (changed) => {
      file('out/renderer/index.html', 20);
      file(changed, 30);
      expect(isStale('renderer', base)).toBe(true);
    },
  );
});
